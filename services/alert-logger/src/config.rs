//! The settings of alert-logger.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use service_kit::config::parse::{HTTP_URL, http_url};
use service_kit::{ConfigError, Configuration, Key, Settings};
use url::Url;

const ALERT_LOG_DIR: &str = "alert_log_dir";
const PROMETHEUS_URL: &str = "prometheus_url";
const ALERTMANAGER_URL: &str = "alertmanager_url";
const ALLOWED: &str =
    "a directory that can be written to, or the name of a new one in an existing directory";

/// The settings of alert-logger.
#[derive(Debug)]
pub struct Config {
    /// The directory of the alert log. Without it, the history is in memory only.
    pub alert_log_dir: Option<PathBuf>,
    /// The Prometheus and the Alertmanager with which incidents are reconciled, if any.
    pub reconcile_with: Option<(Url, Url)>,
}

impl Configuration for Config {
    const KEYS: &'static [Key] = &[
        Key::optional(ALERT_LOG_DIR),
        Key::optional(PROMETHEUS_URL),
        Key::optional(ALERTMANAGER_URL),
    ];

    fn read(settings: &Settings) -> Result<Self, ConfigError> {
        let dir = settings.parse(ALERT_LOG_DIR, ALLOWED, |text| Some(PathBuf::from(text)))?;
        if let Some(dir) = &dir {
            make_writable(dir).map_err(|error| {
                ConfigError::invalid(
                    "ALERT_LOG_DIR",
                    &dir.to_string_lossy(),
                    &error.to_string(),
                    ALLOWED,
                )
            })?;
        }
        Ok(Self {
            alert_log_dir: dir,
            reconcile_with: reconcile_with(settings)?,
        })
    }
}

/// Requires both URLs or neither. With only one server, incidents would never be closed, or closed while they go on.
fn reconcile_with(settings: &Settings) -> Result<Option<(Url, Url)>, ConfigError> {
    let url = |key| settings.parse(key, HTTP_URL, http_url);
    let missing = |key: &str, other: &str| {
        let (key, other) = (key.to_ascii_uppercase(), other.to_ascii_uppercase());
        let allowed = format!(
            "{HTTP_URL}, because {other} is set: incidents are reconciled with both or neither"
        );
        Err(ConfigError::missing(&key, allowed))
    };
    match (url(PROMETHEUS_URL)?, url(ALERTMANAGER_URL)?) {
        (Some(prometheus), Some(alertmanager)) => Ok(Some((prometheus, alertmanager))),
        (None, None) => Ok(None),
        (None, Some(_)) => missing(PROMETHEUS_URL, ALERTMANAGER_URL),
        (Some(_), None) => missing(ALERTMANAGER_URL, PROMETHEUS_URL),
    }
}

/// Creates the directory if it is missing, and checks that a file can be created in it.
fn make_writable(dir: &Path) -> io::Result<()> {
    if !dir.try_exists()? {
        fs::create_dir(dir)?;
        let parent = dir.parent().filter(|parent| parent != &Path::new(""));
        File::open(parent.unwrap_or(Path::new(".")))?.sync_all()?;
    }
    let probe = dir.join(format!(".writable-{}", std::process::id()));
    File::create(&probe)?;
    fs::remove_file(probe)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(dir: &Path) -> Result<Config, ConfigError> {
        let variable = ("ALERT_LOG_DIR".into(), dir.into());
        Config::read(&Settings::load(Config::KEYS, [variable])?)
    }

    #[test]
    fn the_directory_is_optional() {
        let settings = Settings::load(Config::KEYS, []).unwrap();
        assert_eq!(Config::read(&settings).unwrap().alert_log_dir, None);
    }

    fn servers(variables: &[(&str, &str)]) -> Result<Option<(Url, Url)>, String> {
        let variables = variables
            .iter()
            .map(|(name, value)| (name.into(), value.into()));
        Settings::load(Config::KEYS, variables)
            .and_then(|settings| Config::read(&settings))
            .map(|config| config.reconcile_with)
            .map_err(|error| error.to_string())
    }

    #[test]
    fn both_servers_must_be_set_or_neither() {
        let (prometheus, alertmanager) = (
            ("PROMETHEUS_URL", "http://prometheus:9090"),
            ("ALERTMANAGER_URL", "http://alertmanager:9093"),
        );
        assert_eq!(servers(&[]), Ok(None));
        assert!(servers(&[prometheus, alertmanager]).unwrap().is_some());
        let message = servers(&[prometheus]).unwrap_err();
        assert!(
            message.starts_with("ALERTMANAGER_URL is not set"),
            "{message}"
        );
        let message = servers(&[alertmanager]).unwrap_err();
        assert!(
            message.starts_with("PROMETHEUS_URL is not set"),
            "{message}"
        );
        let message = servers(&[("PROMETHEUS_URL", "prometheus:9090"), alertmanager]).unwrap_err();
        assert!(
            message.contains("PROMETHEUS_URL = \"prometheus:9090\"") && message.contains(HTTP_URL),
            "{message}"
        );
    }

    #[test]
    fn a_missing_directory_is_created_and_left_empty() {
        let parent = tempfile::tempdir().unwrap();
        let dir = parent.path().join("alerts");
        for _ in 0..2 {
            assert_eq!(
                read(&dir).unwrap().alert_log_dir.as_deref(),
                Some(dir.as_path())
            );
            assert_eq!(fs::read_dir(&dir).unwrap().count(), 0);
        }
    }

    #[test]
    fn the_error_about_an_unusable_directory_names_it_and_what_is_allowed() {
        let parent = tempfile::tempdir().unwrap();
        let file = parent.path().join("file");
        File::create(&file).unwrap();
        for invalid in [file, parent.path().join("no/such/parent")] {
            let message = read(&invalid).unwrap_err().to_string();
            let shown = format!("ALERT_LOG_DIR = {invalid:?}");
            assert!(
                message.contains(&shown) && message.contains(ALLOWED),
                "{message}"
            );
        }
    }
}
