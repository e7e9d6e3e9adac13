//! The settings of config-reloader.

use std::path::PathBuf;

use service_kit::config::parse;
use service_kit::{ConfigError, Configuration, Key, Settings};
use url::Url;

/// The allowed values of `WATCH_DIRS`, for messages.
const FOLDERS: &str = "one or more existing folders, comma-separated";

/// The settings of config-reloader.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// `WATCH_DIRS`: the watched folders, without their subfolders.
    pub watch_dirs: Vec<PathBuf>,
    /// `RELOAD_URL`: the URL to which a POST makes the server reload.
    pub reload_url: Url,
}

impl Configuration for Config {
    const KEYS: &'static [Key] = &[Key::optional("watch_dirs"), Key::optional("reload_url")];

    fn read(settings: &Settings) -> Result<Self, ConfigError> {
        Ok(Self {
            watch_dirs: settings.require("watch_dirs", FOLDERS, folders)?,
            reload_url: settings.require("reload_url", parse::HTTP_URL, parse::http_url)?,
        })
    }
}

fn folders(text: &str) -> Option<Vec<PathBuf>> {
    let folders: Vec<PathBuf> = text
        .split(',')
        .map(str::trim)
        .filter(|folder| !folder.is_empty())
        .map(PathBuf::from)
        .collect();
    (!folders.is_empty() && folders.iter().all(|folder| folder.is_dir())).then_some(folders)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<Config, ConfigError> {
        let variables = variables
            .iter()
            .map(|(name, value)| (name.into(), value.into()));
        Config::read(&Settings::load(Config::KEYS, variables)?)
    }

    #[test]
    fn folders_must_exist_and_the_url_must_be_absolute() {
        let url = ("RELOAD_URL", "http://127.0.0.1:9090/-/reload");
        let config = read(&[("WATCH_DIRS", "src, ."), url]).unwrap();
        assert_eq!(config.watch_dirs, [PathBuf::from("src"), ".".into()]);
        for (variables, key) in [
            (vec![url], "WATCH_DIRS"),
            (vec![("WATCH_DIRS", " ,"), url], "WATCH_DIRS"),
            (vec![("WATCH_DIRS", "src,/nowhere"), url], "WATCH_DIRS"),
            (vec![("WATCH_DIRS", "src")], "RELOAD_URL"),
            (
                vec![("WATCH_DIRS", "src"), ("RELOAD_URL", "/-/reload")],
                "RELOAD_URL",
            ),
        ] {
            let message = read(&variables).unwrap_err().to_string();
            assert!(
                message.contains(key) && message.contains("allowed"),
                "{message}"
            );
        }
    }
}
