//! The settings of demo-target.

use std::net::SocketAddr;
use std::path::PathBuf;

use service_kit::{ConfigError, Configuration, Key, Settings};

/// The settings of demo-target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// The TLS listener, if `TLS_LISTEN_ADDR` is set.
    pub tls: Option<TlsConfig>,
}

/// The settings of the TLS listener.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsConfig {
    /// `TLS_LISTEN_ADDR`: the address of the listener.
    pub listen_addr: SocketAddr,
    /// `TLS_CA_FILE`: the file for the demo CA's certificate, which is written at the start for probers on this machine.
    pub ca_file: Option<PathBuf>,
}

impl Configuration for Config {
    const KEYS: &'static [Key] = &[
        Key::optional("tls_listen_addr"),
        Key::optional("tls_ca_file"),
    ];

    fn read(settings: &Settings) -> Result<Self, ConfigError> {
        let listen_addr = settings.parse(
            "tls_listen_addr",
            "an IP address and a port, such as 127.0.0.1:8443",
            |text| text.parse().ok(),
        )?;
        let ca_file = settings.parse("tls_ca_file", "a file in a folder that exists", ca_file)?;
        match (listen_addr, ca_file) {
            (Some(listen_addr), ca_file) => Ok(Self {
                tls: Some(TlsConfig {
                    listen_addr,
                    ca_file,
                }),
            }),
            (None, None) => Ok(Self { tls: None }),
            (None, Some(file)) => Err(ConfigError::invalid(
                "TLS_CA_FILE",
                &file.to_string_lossy(),
                "there is no TLS listener",
                "a file, together with TLS_LISTEN_ADDR",
            )),
        }
    }
}

fn ca_file(text: &str) -> Option<PathBuf> {
    let file = PathBuf::from(text);
    let folder = std::path::absolute(&file).ok()?.parent()?.is_dir();
    (folder && !file.is_dir()).then_some(file)
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
    fn tls_is_served_only_if_an_address_is_set() {
        assert_eq!(read(&[]), Ok(Config { tls: None }));
        let tls = read(&[("TLS_LISTEN_ADDR", "127.0.0.1:8443")])
            .unwrap()
            .tls
            .unwrap();
        assert_eq!(tls.listen_addr, ([127, 0, 0, 1], 8443).into());
        assert_eq!(tls.ca_file, None);
    }

    #[test]
    fn the_error_about_a_setting_names_it() {
        let tls = ("TLS_LISTEN_ADDR", "127.0.0.1:8443");
        for (variables, key, value) in [
            (
                vec![("TLS_LISTEN_ADDR", "8443")],
                "TLS_LISTEN_ADDR",
                "\"8443\"",
            ),
            (
                vec![tls, ("TLS_CA_FILE", "/nowhere/ca.pem")],
                "TLS_CA_FILE",
                "\"/nowhere/ca.pem\"",
            ),
            (
                vec![tls, ("TLS_CA_FILE", "/tmp")],
                "TLS_CA_FILE",
                "\"/tmp\"",
            ),
            (
                vec![("TLS_CA_FILE", "ca.pem")],
                "TLS_CA_FILE",
                "TLS_LISTEN_ADDR",
            ),
        ] {
            let message = read(&variables).unwrap_err().to_string();
            assert!(
                message.contains(key) && message.contains(value),
                "{message}"
            );
        }
    }
}
