//! The settings that all services share.

use std::net::SocketAddr;

use tracing_subscriber::EnvFilter;

use super::{ConfigError, Key, Settings};

pub(crate) const COMMON_KEYS: &[Key] = &[
    Key::with_default("listen_addr", "0.0.0.0:8080"),
    Key::with_default("log_format", "text"),
    Key::with_default("rust_log", "info"),
];

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LogFormat {
    Text,
    Json,
}

#[derive(Debug)]
pub(crate) struct Common {
    pub listen_addr: SocketAddr,
    pub log_format: LogFormat,
    pub log_filter: EnvFilter,
}

impl Common {
    pub(crate) fn read(settings: &Settings) -> Result<Self, ConfigError> {
        Ok(Self {
            listen_addr: settings.require(
                "listen_addr",
                "an IP address and a port, such as 0.0.0.0:8080 or [::]:8080",
                |text| text.parse().ok(),
            )?,
            log_format: settings.require("log_format", "text, json", |text| match text {
                "text" => Some(LogFormat::Text),
                "json" => Some(LogFormat::Json),
                _ => None,
            })?,
            log_filter: settings.require(
                "rust_log",
                "a level (error, warn, info, debug, trace) or directives such as info,ping_agent=debug",
                |text| EnvFilter::try_new(text).ok(),
            )?,
        })
    }
}
