//! The settings of all services.

use std::net::SocketAddr;

use axum::http::uri::Authority;
use tracing_subscriber::EnvFilter;

use super::{ConfigError, Key, Settings, log_filter};
use crate::http::Hosts;

pub(crate) const COMMON_KEYS: &[Key] = &[
    Key::with_default("listen_addr", "0.0.0.0:8080"),
    Key::optional("allowed_hosts"),
    Key::with_default("log_format", "text"),
    Key::with_default("rust_log", "info"),
];

/// The format of log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LogFormat {
    Text,
    Json,
}

#[derive(Debug)]
pub(crate) struct Common {
    pub listen_addr: SocketAddr,
    pub hosts: Hosts,
    pub log_format: LogFormat,
    pub log_filter: EnvFilter,
}

impl Common {
    pub(crate) fn read(settings: &Settings) -> Result<Self, ConfigError> {
        let listen_addr: SocketAddr = settings.require(
            "listen_addr",
            "an IP address and a port, such as 0.0.0.0:8080 or [::]:8080",
            |text| text.parse().ok(),
        )?;
        let names = settings.parse(
            "allowed_hosts",
            "one or more host names without ports, comma-separated",
            host_names,
        )?;
        // A service that is open to the network can't know the names that clients use for it.
        let hosts = match names {
            None if !listen_addr.ip().to_canonical().is_loopback() => Hosts::Any,
            names => Hosts::Local(names.unwrap_or_default().into()),
        };
        Ok(Self {
            listen_addr,
            hosts,
            log_format: settings.require("log_format", "text, json", |text| match text {
                "text" => Some(LogFormat::Text),
                "json" => Some(LogFormat::Json),
                _ => None,
            })?,
            log_filter: settings.require("rust_log", log_filter::ALLOWED, log_filter::parse)?,
        })
    }
}

fn host_names(text: &str) -> Option<Vec<String>> {
    let names = text.split(',').map(str::trim).filter(|it| !it.is_empty());
    let names: Option<Vec<_>> = names.map(host_name).collect();
    names.filter(|names| !names.is_empty())
}

fn host_name(text: &str) -> Option<String> {
    let host = text.parse::<Authority>().ok()?;
    let name = host.host();
    (name == text).then(|| name.strip_suffix('.').unwrap_or(name).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hosts(listen_addr: &str, allowed: &str) -> Result<String, String> {
        let variables = [("LISTEN_ADDR", listen_addr), ("ALLOWED_HOSTS", allowed)];
        let variables = variables.map(|(name, value)| (name.into(), value.into()));
        let common = Settings::load(COMMON_KEYS, variables).and_then(|it| Common::read(&it));
        let hosts = common.map(|common| format!("{:?}", common.hosts));
        hosts.map_err(|error| error.to_string())
    }

    #[test]
    fn loopback_addresses_and_allowed_hosts_limit_the_names() {
        for loopback in ["127.0.0.1:0", "[::1]:0", "[::ffff:127.0.0.1]:0"] {
            assert_eq!(hosts(loopback, "").unwrap(), "Local([])", "{loopback}");
        }
        assert_eq!(hosts("0.0.0.0:0", "").unwrap(), "Any");
        for address in ["0.0.0.0:0", "127.0.0.1:0"] {
            let limited = hosts(address, "status.example., other.example").unwrap();
            assert_eq!(limited, r#"Local(["status.example", "other.example"])"#);
        }
        for refused in [
            ",",
            "status.example:443",
            "https://status.example",
            "a b",
            "me@a",
        ] {
            let message = hosts("0.0.0.0:0", refused).unwrap_err();
            let value = format!("ALLOWED_HOSTS = {refused:?}");
            assert!(message.contains(&value), "{message}");
        }
    }
}
