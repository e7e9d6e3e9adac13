//! The configuration of ping-agent.

use std::path::PathBuf;
use std::sync::Arc;

use http::Method;
use service_kit::config::parse::count;
use service_kit::{ConfigError, Configuration, Key, Settings};
use targets::{Defaults, TargetSet, TargetSource};

use crate::shard::Shard;

/// The validated configuration of the agent, with the loaded targets.
#[derive(Clone)]
pub struct Config {
    /// The source of the targets, for reloads.
    pub source: TargetSource,
    /// The targets of all shards at the start.
    pub targets: Arc<TargetSet>,
    /// `PING_SHARD`: the shard of the targets that this replica probes.
    pub shard: Shard,
    /// `PING_CONCURRENCY`: the maximum number of probes in flight. `None`: derived from the targets and the open files.
    pub concurrency: Option<usize>,
    /// `PING_BODY_MAX_BYTES`: the maximum number of bytes that are read of a body.
    pub body_max_bytes: usize,
    /// `PING_HTTP_METHOD`: the method of HTTP requests.
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
    let allowed = "a number of seconds, such as 15 or 0.5";
    let interval = settings.require("ping_interval_seconds", allowed, number)?;
    let timeout = settings.parse("ping_timeout_seconds", allowed, number)?;
    let defaults = Defaults::from_seconds(interval, timeout).map_err(ConfigError::message)?;
    let text = |key| settings.parse(key, "text", |text| Some(text.to_owned()));
    let file = text("ping_targets_file")?.map(PathBuf::from);
    Ok(TargetSource::new(text("ping_target_urls")?, file, defaults))
}

/// Parses a method. Allows those that need no body and are harmless when repeated for years.
fn method(text: &str) -> Option<Method> {
    let allowed = [Method::GET, Method::HEAD, Method::OPTIONS, Method::POST];
    let text = text.trim();
    allowed
        .into_iter()
        .find(|method| method.as_str().eq_ignore_ascii_case(text))
}
