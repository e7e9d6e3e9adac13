//! The configuration: keys, defaults and limits.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use gateway_api::slo::BUDGET_WINDOW;
use service_kit::config::parse::{HTTP_URL, http_url, seconds};
use service_kit::{ConfigError, Configuration, Key, Settings};
use targets::{Defaults, TargetSet, TargetSource};
use url::Url;

use crate::sources::agents::{ENDPOINTS, Endpoint, parse_endpoints};
use crate::window::Retention;

/// The longest lifetime of a cached answer.
const CACHE_MAX_SECONDS: f64 = 60.0;

/// The gateway's validated configuration.
pub struct Config {
    /// `PING_AGENT_METRICS_URL`: at least one agent.
    pub agents: Vec<Endpoint>,
    /// `PING_AGENT_CACHE_SECONDS`: the lifetime of cached snapshots of the agents.
    pub agent_cache: Duration,
    /// `PROMETHEUS_URL`: without it, endpoints about the past answer 501.
    pub prometheus: Option<Url>,
    /// `PROMETHEUS_RETENTION`: the longest allowed window or range.
    pub retention: Retention,
    /// `PROMETHEUS_QUERY_CACHE_SECONDS`: the lifetime of cached answers of Prometheus.
    pub query_cache: Duration,
    /// `ALERT_LOGGER_URL`: without it, endpoints about alerts answer 501.
    pub alert_logger: Option<Url>,
    /// `PING_TARGET_URLS` and `PING_TARGETS_FILE`, and the targets that they contain now. If neither is set, the gateway
    /// lists the agents' targets.
    pub targets: Option<(TargetSource, Arc<TargetSet>)>,
}

impl Configuration for Config {
    const KEYS: &'static [Key] = &[
        Key::optional("ping_agent_metrics_url"),
        Key::with_default("ping_agent_cache_seconds", "1"),
        Key::optional("prometheus_url"),
        Key::with_default("prometheus_retention", BUDGET_WINDOW),
        Key::with_default("prometheus_query_cache_seconds", "5"),
        Key::optional("alert_logger_url"),
        Key::optional("ping_target_urls"),
        Key::optional("ping_targets_file"),
    ];

    fn read(settings: &Settings) -> Result<Self, ConfigError> {
        Ok(Self {
            agents: settings.require("ping_agent_metrics_url", ENDPOINTS, parse_endpoints)?,
            agent_cache: cache(settings, "ping_agent_cache_seconds")?,
            prometheus: settings.parse("prometheus_url", HTTP_URL, http_url)?,
            retention: settings.require(
                "prometheus_retention",
                Retention::ALLOWED,
                Retention::parse,
            )?,
            query_cache: cache(settings, "prometheus_query_cache_seconds")?,
            alert_logger: settings.parse("alert_logger_url", HTTP_URL, http_url)?,
            targets: targets(settings)?,
        })
    }
}

fn cache(settings: &Settings, key: &str) -> Result<Duration, ConfigError> {
    let allowed = format_args!("seconds from 0 to {CACHE_MAX_SECONDS}, fractions allowed");
    settings.require(key, allowed, |text| seconds(text, 0.0, CACHE_MAX_SECONDS))
}

fn targets(settings: &Settings) -> Result<Option<(TargetSource, Arc<TargetSet>)>, ConfigError> {
    let text = |key| settings.parse(key, "text", |text| Some(text.to_owned()));
    let urls = text("ping_target_urls")?;
    let file = text("ping_targets_file")?.map(PathBuf::from);
    if urls.is_none() && file.is_none() {
        return Ok(None);
    }
    let source = TargetSource::new(urls, file, Defaults::for_listing());
    let targets = source.load().map_err(ConfigError::message)?;
    Ok(Some((source, Arc::new(targets))))
}

#[cfg(test)]
mod tests {
    use super::*;

    const AGENT: (&str, &str) = ("PING_AGENT_METRICS_URL", "http://ping-agent:8080/metrics");

    fn read(variables: &[(&str, &str)]) -> Result<Config, String> {
        let variables = variables
            .iter()
            .map(|(name, value)| (name.into(), value.into()));
        Settings::load(Config::KEYS, variables)
            .and_then(|settings| Config::read(&settings))
            .map_err(|error| error.to_string())
    }

    #[test]
    fn only_an_agent_is_required() {
        let config = read(&[AGENT]).unwrap();
        assert_eq!(config.agent_cache, Duration::from_secs(1));
        assert_eq!(config.query_cache, Duration::from_secs(5));
        assert_eq!(config.retention.to_string(), "14d");
        assert!(config.prometheus.is_none() && config.alert_logger.is_none());
        assert!(config.targets.is_none());
    }

    #[test]
    fn an_error_names_the_key_its_value_and_the_allowed_values() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "[[target]]\nurl = 'gopher://a'").unwrap();
        let file = file.path().to_str().unwrap();
        for (variables, parts) in [
            (
                &[][..],
                ["PING_AGENT_METRICS_URL", "not set", "comma-separated"],
            ),
            (
                &[("PING_AGENT_METRICS_URL", "eu=http://u:secret@a/,b")],
                [
                    "PING_AGENT_METRICS_URL",
                    "eu=http://u:xxxxx@a/,b",
                    "no place",
                ],
            ),
            (
                &[AGENT, ("PING_AGENT_CACHE_SECONDS", "61")],
                ["PING_AGENT_CACHE_SECONDS", "61", "0 to 60"],
            ),
            (
                &[AGENT, ("PROMETHEUS_QUERY_CACHE_SECONDS", "-1")],
                ["PROMETHEUS_QUERY_CACHE_SECONDS", "-1", "0 to 60"],
            ),
            (
                &[AGENT, ("PROMETHEUS_URL", "prometheus:9090")],
                ["PROMETHEUS_URL", "prometheus:9090", "absolute http"],
            ),
            (
                &[AGENT, ("PROMETHEUS_RETENTION", "7d")],
                ["PROMETHEUS_RETENTION", "7d", "from 14d"],
            ),
            (
                &[AGENT, ("ALERT_LOGGER_URL", "/webhook")],
                ["ALERT_LOGGER_URL", "/webhook", "absolute http"],
            ),
            (
                &[AGENT, ("PING_TARGET_URLS", ",")],
                ["PING_TARGET_URLS", ",", "at least one"],
            ),
            (
                &[AGENT, ("PING_TARGETS_FILE", file)],
                ["PING_TARGETS_FILE", "gopher", "http, https"],
            ),
            (
                &[AGENT, ("PING_TARGETS_FILE", "/nowhere/targets.toml")],
                ["PING_TARGETS_FILE", "/nowhere/targets.toml", "readable"],
            ),
        ] {
            let error = read(variables).err().expect("an error");
            for part in parts {
                assert!(error.contains(part), "{error:?} has no {part:?}");
            }
        }
    }

    #[test]
    fn timeouts_are_not_checked_against_the_agents_interval() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let target = "[[target]]\nname = 'slow'\nurl = 'http://a/'\ntimeout_seconds = 20";
        std::fs::write(file.path(), target).unwrap();
        let path = file.path().to_str().unwrap();
        let config = read(&[
            AGENT,
            ("PING_TARGETS_FILE", path),
            ("PING_TARGET_URLS", "http://b/"),
        ]);
        let (_, targets) = config.unwrap().targets.unwrap();
        let names: Vec<_> = targets.iter().map(|target| &*target.name).collect();
        assert_eq!(names, ["slow", "http://b/"]);
    }
}
