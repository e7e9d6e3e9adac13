//! The settings of dashboard-ui.

use service_kit::config::parse;
use service_kit::{ConfigError, Configuration, Key, Settings};
use url::Url;

/// The settings of dashboard-ui.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// `API_GATEWAY_URL`: the address of api-gateway, the only source of the pages.
    pub api_gateway_url: Url,
}

impl Configuration for Config {
    const KEYS: &'static [Key] = &[Key::optional("api_gateway_url")];

    fn read(settings: &Settings) -> Result<Self, ConfigError> {
        Ok(Self {
            api_gateway_url: settings.require(
                "api_gateway_url",
                parse::HTTP_URL,
                parse::http_url,
            )?,
        })
    }
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
    fn the_gateway_must_be_named() {
        assert!(read(&[("API_GATEWAY_URL", "http://api-gateway:8080")]).is_ok());
        for refused in [vec![], vec![("API_GATEWAY_URL", "api-gateway:8080")]] {
            let message = read(&refused).unwrap_err().to_string();
            assert!(
                message.contains("API_GATEWAY_URL") && message.contains(parse::HTTP_URL),
                "{message}"
            );
        }
    }
}
