//! The configuration of ping-agent.

use std::path::PathBuf;
use std::sync::Arc;

use http::Method;
use service_kit::config::parse::count;
use service_kit::{ConfigError, Configuration, Key, Settings};
use targets::{Defaults, TargetSet, TargetSource};

use crate::shard::Shard;

/// The configuration of the agent, validated; the targets are loaded.
#[derive(Clone)]
pub struct Config {
    /// Where the targets are configured, to read them again.
    pub source: TargetSource,
    /// The targets of all shards, as they are now.
    pub targets: Arc<TargetSet>,
    /// `PING_SHARD`: which of them this replica probes.
    pub shard: Shard,
    /// `PING_CONCURRENCY`: probes in flight at most; without it, what the targets need and this machine allows.
    pub concurrency: Option<usize>,
    /// `PING_BODY_MAX_BYTES`: how much of a body is read at most.
    pub body_max_bytes: usize,
    /// `PING_HTTP_METHOD`.
    pub method: Method,
}

impl Configuration for Config {
    const KEYS: &'static [Key] = &[
        Key::optional("ping_target_urls"),
        Key::optional("ping_targets_file"),
        Key::with_default("ping_interval_seconds", "15"),
        Key::optional("ping_timeout_seconds"),
        Key::optional("ping_concurrency"),
        Key::with_default("ping_body_max_bytes", "65536"),
        Key::with_default("ping_http_method", "GET"),
        Key::with_default("ping_shard", "0/1"),
    ];

    fn read(settings: &Settings) -> Result<Self, ConfigError> {
        let source = target_source(settings)?;
        Ok(Self {
            concurrency: settings.parse("ping_concurrency", "1 to 100000", |text| {
                count(text, 1, 100_000)
            })?,
            body_max_bytes: settings.require(
                "ping_body_max_bytes",
                "1 to 67108864 (64 MiB)",
                |text| count(text, 1, 64 << 20),
            )?,
            method: settings.require("ping_http_method", "GET, HEAD, OPTIONS, POST", method)?,
            shard: settings.require("ping_shard", Shard::ALLOWED, |text| text.parse().ok())?,
            targets: Arc::new(source.load().map_err(ConfigError::message)?),
            source,
        })
    }
}

fn target_source(settings: &Settings) -> Result<TargetSource, ConfigError> {
    let number = |text: &str| text.trim().parse::<f64>().ok();
    let allowed = "a number of seconds, fractions too";
    let interval = settings.require("ping_interval_seconds", allowed, number)?;
    let timeout = settings.parse("ping_timeout_seconds", allowed, number)?;
    let defaults = Defaults::from_seconds(interval, timeout).map_err(ConfigError::message)?;
    let text = |key| settings.parse(key, "text", |text| Some(text.to_owned()));
    let file = text("ping_targets_file")?.map(PathBuf::from);
    Ok(TargetSource::new(text("ping_target_urls")?, file, defaults))
}

/// Methods that make sense without a body and do no harm when repeated for years.
fn method(text: &str) -> Option<Method> {
    let allowed = [Method::GET, Method::HEAD, Method::OPTIONS, Method::POST];
    let text = text.trim();
    allowed
        .into_iter()
        .find(|method| method.as_str().eq_ignore_ascii_case(text))
}
