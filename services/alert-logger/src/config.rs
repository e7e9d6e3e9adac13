//! What alert-logger is configured by.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use service_kit::{ConfigError, Configuration, Key, Settings};

const ALERT_LOG_DIR: &str = "alert_log_dir";
const ALLOWED: &str =
    "a directory that can be written to, or the name of a new one in an existing directory";

/// alert-logger's configuration.
#[derive(Debug)]
pub struct Config {
    /// Where the history is kept; without it, it lives in memory only.
    pub alert_log_dir: Option<PathBuf>,
}

impl Configuration for Config {
    const KEYS: &'static [Key] = &[Key::optional(ALERT_LOG_DIR)];

    fn read(settings: &Settings) -> Result<Self, ConfigError> {
        let dir = settings.parse(ALERT_LOG_DIR, ALLOWED, |text| {
            (!text.is_empty()).then(|| PathBuf::from(text))
        })?;
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
        Ok(Self { alert_log_dir: dir })
    }
}

/// Makes the directory if it is missing, and tries whether a file can be made in it.
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
    fn without_a_directory_the_history_lives_in_memory() {
        let settings = Settings::load(Config::KEYS, []).unwrap();
        assert_eq!(Config::read(&settings).unwrap().alert_log_dir, None);
    }

    #[test]
    fn a_missing_directory_is_made_and_left_empty() {
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
    fn a_directory_that_cannot_be_used_is_named_with_what_is_allowed() {
        let parent = tempfile::tempdir().unwrap();
        let file = parent.path().join("file");
        File::create(&file).unwrap();
        for refused in [file, parent.path().join("no/such/parent"), PathBuf::new()] {
            let message = read(&refused).unwrap_err().to_string();
            let shown = format!("ALERT_LOG_DIR = {refused:?}");
            assert!(
                message.contains(&shown) && message.contains(ALLOWED),
                "{message}"
            );
        }
    }
}
