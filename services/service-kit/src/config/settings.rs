//! Merges the settings of a service from defaults, file and environment.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt::Display;
use std::path::Path;

use figment::Figment;
use figment::providers::{Format, Serialized, Toml};
use figment::value::{Dict, Num, Value};

use super::{ConfigError, Key};

const CONFIG_FILE: &str = "CONFIG_FILE";

/// The merged settings of a service. Values are text until [`Settings::parse`] parses them.
#[derive(Debug)]
pub struct Settings {
    figment: Figment,
}

impl Settings {
    /// Merges defaults, the file `CONFIG_FILE`, and the environment. Unknown variables are ignored, because they belong to
    /// other programs; unknown keys in the file are errors. A blank value counts as unset.
    ///
    /// # Errors
    /// The file can't be read or is not TOML, it has an unknown key, or a variable is not valid Unicode.
    pub fn load(
        keys: &[Key],
        environment: impl IntoIterator<Item = (OsString, OsString)>,
    ) -> Result<Self, ConfigError> {
        let mut variables = BTreeMap::new();
        let mut file = None;
        for (name, value) in environment {
            let Some(name) = name.to_str() else { continue };
            let key = keys.iter().find(|key| key.variable() == name);
            if key.is_none() && name != CONFIG_FILE {
                continue;
            }
            let Some(value) = value.to_str() else {
                return Err(ConfigError::invalid(
                    name,
                    &value.to_string_lossy(),
                    "not valid Unicode",
                    "Unicode text",
                ));
            };
            if value.trim().is_empty() {
                continue;
            }
            match key {
                Some(key) => drop(variables.insert(key.name, value.to_owned())),
                None => file = Some(value.to_owned()),
            }
        }
        let defaults: BTreeMap<_, _> = keys
            .iter()
            .filter_map(|key| key.default.map(|default| (key.name, default)))
            .collect();

        let mut figment = Figment::from(Serialized::defaults(defaults));
        if let Some(file) = file {
            figment = figment.merge(Serialized::defaults(read_file(&file, keys)?));
        }
        let figment = figment.merge(Serialized::defaults(variables));
        Ok(Self { figment })
    }

    /// Parses a setting. Returns `None` if it is not set.
    ///
    /// # Errors
    /// `parse` rejects the value. The message contains `allowed`.
    pub fn parse<T>(
        &self,
        key: &str,
        allowed: impl Display,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, ConfigError> {
        let Ok(value) = self.figment.find_value(key) else {
            return Ok(None);
        };
        let variable = key.to_ascii_uppercase();
        match text(&value).as_deref().map(|text| (text, parse(text))) {
            Some((_, Some(parsed))) => Ok(Some(parsed)),
            Some((text, None)) => Err(ConfigError::invalid(&variable, text, "not valid", allowed)),
            None => Err(ConfigError::invalid(
                &variable,
                "a table",
                "not a single value",
                allowed,
            )),
        }
    }

    /// Parses a required setting.
    ///
    /// # Errors
    /// It is not set, or `parse` rejects its value.
    pub fn require<T>(
        &self,
        key: &str,
        allowed: impl Display + Copy,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Result<T, ConfigError> {
        self.parse(key, allowed, parse)?
            .ok_or_else(|| ConfigError::missing(&key.to_ascii_uppercase(), allowed))
    }
}

fn read_file(file: &str, keys: &[Key]) -> Result<Dict, ConfigError> {
    let path = Path::new(file);
    let invalid = |why: &str| ConfigError::message(format!("{CONFIG_FILE} = {file:?}: {why}"));
    let content = std::fs::read_to_string(path).map_err(|error| {
        invalid(&format!(
            "cannot be read: {error}; allowed: a readable TOML file"
        ))
    })?;
    let mut dict: Dict = Toml::from_str(&content).map_err(|error| {
        // figment quotes the line, which may contain a password.
        invalid(&format!(
            "is not TOML: {}",
            targets::redact(&error.to_string())
        ))
    })?;
    for name in dict.keys() {
        if !keys.iter().any(|key| key.name == name) {
            let allowed: Vec<_> = keys.iter().map(|key| key.name).collect();
            return Err(invalid(&format!(
                "unknown key {name:?}; allowed: {}",
                allowed.join(", ")
            )));
        }
    }
    dict.retain(|_, value| value.as_str().is_none_or(|text| !text.trim().is_empty()));
    Ok(dict)
}

/// Converts a value to the text of an environment variable: joins a list by commas. Returns `None` for a table.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(_, text) => Some(text.clone()),
        Value::Char(_, char) => Some(char.to_string()),
        Value::Bool(_, bool) => Some(bool.to_string()),
        Value::Num(_, num) => Some(number(*num)),
        Value::Array(_, items) => items
            .iter()
            .map(text)
            .collect::<Option<Vec<_>>>()
            .map(|items| items.join(",")),
        Value::Empty(..) | Value::Dict(..) => None,
    }
}

fn number(num: Num) -> String {
    num.to_i128()
        .map(|integer| integer.to_string())
        .or_else(|| num.to_u128().map(|integer| integer.to_string()))
        .or_else(|| num.to_f64().map(|float| float.to_string()))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEYS: &[Key] = &[
        Key::with_default("ping_interval_seconds", "15"),
        Key::optional("ping_target_urls"),
    ];

    fn load(variables: &[(&str, &str)]) -> Result<Settings, ConfigError> {
        Settings::load(
            KEYS,
            variables
                .iter()
                .map(|(name, value)| (name.into(), value.into())),
        )
    }

    fn file(content: &str) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), content).unwrap();
        file
    }

    fn interval(settings: &Settings) -> Result<Option<u64>, ConfigError> {
        settings.parse("ping_interval_seconds", "a whole number", |text| {
            text.parse().ok()
        })
    }

    #[test]
    fn the_environment_wins_over_the_file_and_the_file_over_the_default() {
        let toml = file("ping_interval_seconds = 20\nping_target_urls = ['http://a', 'http://b']");
        let path = toml.path().to_str().unwrap();
        assert_eq!(interval(&load(&[]).unwrap()), Ok(Some(15)));
        let from_file = load(&[("CONFIG_FILE", path)]).unwrap();
        assert_eq!(interval(&from_file), Ok(Some(20)));
        let urls = from_file.parse("ping_target_urls", "", |text| Some(text.to_owned()));
        assert_eq!(urls, Ok(Some("http://a,http://b".to_owned())));
        let from_both = load(&[("CONFIG_FILE", path), ("PING_INTERVAL_SECONDS", "30")]).unwrap();
        assert_eq!(interval(&from_both), Ok(Some(30)));
    }

    #[test]
    fn a_blank_value_is_unset() {
        for blank in ["", " ", "\t\n"] {
            let variables = [("PING_INTERVAL_SECONDS", blank), ("CONFIG_FILE", blank)];
            assert_eq!(
                interval(&load(&variables).unwrap()),
                Ok(Some(15)),
                "{blank:?}"
            );
        }
        let toml = file("ping_interval_seconds = '20'\nping_target_urls = ' '");
        let path = toml.path().to_str().unwrap();
        let settings = load(&[("CONFIG_FILE", path), ("PING_INTERVAL_SECONDS", " ")]).unwrap();
        assert_eq!(interval(&settings), Ok(Some(20)));
        let urls = settings.parse("ping_target_urls", "", |text| Some(text.to_owned()));
        assert_eq!(urls, Ok(None));
        let toml = file("ping_interval_seconds = ''");
        let settings = load(&[("CONFIG_FILE", toml.path().to_str().unwrap())]).unwrap();
        assert_eq!(interval(&settings), Ok(Some(15)));
    }

    #[test]
    fn a_variable_is_always_text() {
        let settings = load(&[("PING_TARGET_URLS", "[1, true]")]).unwrap();
        let text = settings.parse("ping_target_urls", "", |text| Some(text.to_owned()));
        assert_eq!(text, Ok(Some("[1, true]".to_owned())));
    }

    #[test]
    fn an_error_names_the_key_the_value_and_the_allowed_values() {
        let error = interval(&load(&[("PING_INTERVAL_SECONDS", "soon")]).unwrap()).unwrap_err();
        let message = error.to_string();
        for part in ["PING_INTERVAL_SECONDS", "\"soon\"", "a whole number"] {
            assert!(message.contains(part), "{message}");
        }
    }

    #[test]
    fn errors_redact_passwords() {
        let settings = load(&[("PING_TARGET_URLS", "gopher://me:hunter2@host")]).unwrap();
        let error = settings
            .parse("ping_target_urls", "a URL", |_| None::<()>)
            .unwrap_err();
        assert!(!error.to_string().contains("hunter2"), "{error}");
    }

    #[test]
    fn unknown_keys_are_errors_in_a_file_and_ignored_in_the_environment() {
        assert!(load(&[("ALERT_LOG_DIR", "/x")]).is_ok());
        let toml = file("ping_intervall_seconds = 20");
        let error = load(&[("CONFIG_FILE", toml.path().to_str().unwrap())])
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("ping_intervall_seconds") && error.contains("ping_interval_seconds,"),
            "{error}"
        );
    }

    #[test]
    fn errors_of_a_file_name_it() {
        let missing = load(&[("CONFIG_FILE", "/nowhere/config.toml")])
            .unwrap_err()
            .to_string();
        assert!(missing.contains("/nowhere/config.toml"), "{missing}");
        let toml = file("ping_target_urls = http://me:hunter2@host");
        let broken = load(&[("CONFIG_FILE", toml.path().to_str().unwrap())])
            .unwrap_err()
            .to_string();
        assert!(
            broken.contains("not TOML") && !broken.contains("hunter2"),
            "{broken}"
        );
    }
}
