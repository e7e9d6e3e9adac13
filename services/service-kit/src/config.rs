//! Configuration: defaults, then a TOML file (`CONFIG_FILE`), then the environment.
//!
//! figment merges the three; values stay text until the service parses them, so that every refusal can name the
//! key, the value as it was given, where it came from, and what is allowed.

mod common;
mod error;
mod log_filter;
pub mod parse;
mod settings;

pub(crate) use common::{COMMON_KEYS, Common, LogFormat};
pub use error::ConfigError;
pub use settings::Settings;

/// A setting that a service reads. The environment variable is the name in upper case.
#[derive(Debug, Clone, Copy)]
pub struct Key {
    /// The name in the TOML file, lower case: `ping_interval_seconds`.
    pub name: &'static str,
    /// The text used when neither file nor environment sets it.
    pub default: Option<&'static str>,
}

impl Key {
    /// A setting without a default.
    #[must_use]
    pub const fn optional(name: &'static str) -> Self {
        Self {
            name,
            default: None,
        }
    }

    /// A setting with a default.
    #[must_use]
    pub const fn with_default(name: &'static str, default: &'static str) -> Self {
        Self {
            name,
            default: Some(default),
        }
    }

    /// The name of the environment variable.
    #[must_use]
    pub fn variable(&self) -> String {
        self.name.to_ascii_uppercase()
    }
}

/// A service's configuration.
pub trait Configuration: Sized {
    /// Every key the service reads, beside those that all services share.
    const KEYS: &'static [Key];

    /// Reads and validates the settings.
    ///
    /// # Errors
    /// The first setting that is missing or not allowed.
    fn read(settings: &Settings) -> Result<Self, ConfigError>;
}
