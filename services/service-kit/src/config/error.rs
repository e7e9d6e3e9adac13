//! Why a configuration was refused.

use std::fmt::{self, Display, Formatter};

/// One message that names the key, the value and what is allowed; passwords in URLs are replaced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError(String);

impl ConfigError {
    /// A setting whose value is not allowed, and why.
    pub fn invalid(key: &str, value: &str, why: &str, allowed: impl Display) -> Self {
        let value = targets::redact(value);
        Self(format!("{key} = {value:?}: {why}; allowed: {allowed}"))
    }

    /// A setting that must be there and is not.
    pub fn missing(key: &str, allowed: impl Display) -> Self {
        Self(format!("{key} is not set; allowed: {allowed}"))
    }

    /// A refusal whose message is complete already.
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
