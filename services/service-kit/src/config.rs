//! Configuration: defaults, then a TOML file (`CONFIG_FILE`), then the environment.
//!
//! figment merges the three. Values stay text until the service parses them, so that an error can name the key, the
//! original value and the allowed values.

mod common;
mod error;
mod log_filter;
pub mod parse;
mod settings;

pub(crate) use common::{COMMON_KEYS, Common, LogFormat};
pub use error::ConfigError;
pub use settings::Settings;

/// A setting of a service. Its environment variable is its name in upper case.
#[derive(Debug, Clone, Copy)]
pub struct Key {
    /// The name in the TOML file, in lower case, such as `ping_interval_seconds`.
    pub name: &'static str,
    /// The value if neither the file nor the environment sets it.
    pub default: Option<&'static str>,
}

impl Key {
    /// Returns a setting without a default.
    #[must_use]
    pub const fn optional(name: &'static str) -> Self {
        Self {
            name,
            default: None,
        }
    }

    /// Returns a setting with a default.
    #[must_use]
    pub const fn with_default(name: &'static str, default: &'static str) -> Self {
        Self {
            name,
            default: Some(default),
        }
    }

    /// Returns the name of the environment variable.
    #[must_use]
    pub fn variable(&self) -> String {
        self.name.to_ascii_uppercase()
    }
}

/// A service's configuration.
pub trait Configuration: Sized {
    /// The settings of the service, besides those of all services.
    const KEYS: &'static [Key];

    /// Reads and validates the settings.
    ///
    /// # Errors
    /// A setting is missing or invalid; the error names the first one.
    fn read(settings: &Settings) -> Result<Self, ConfigError>;
}
