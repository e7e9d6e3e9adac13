//! The error of an invalid configuration.

use std::fmt::{self, Display, Formatter};

/// A message with the key, the value and the allowed values. Passwords in URLs are redacted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError(String);

impl ConfigError {
    /// Returns the error of a setting with an invalid value, and the reason.
    pub fn invalid(key: &str, value: &str, why: &str, allowed: impl Display) -> Self {
        let value = targets::redact(value);
        Self(format!("{key} = {value:?}: {why}; allowed: {allowed}"))
    }

    /// Returns the error of a required setting that is not set.
    pub fn missing(key: &str, allowed: impl Display) -> Self {
        Self(format!("{key} is not set; allowed: {allowed}"))
    }

    /// Returns an error with a complete message.
    pub fn message(message: impl Display) -> Self {
        Self(message.to_string())
    }
}

impl Display for ConfigError {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ConfigError {}
