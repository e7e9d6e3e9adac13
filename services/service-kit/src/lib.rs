//! Shared by all UptimePulse services: configuration, telemetry, HTTP server, health, shutdown, cache, event log.
//!
//! A service consists of a [`Configuration`] and a start function that turns it into an [`App`]. [`run`] does the rest: it
//! reads the configuration before any port is bound, serves `/healthz`, `/readyz` and `/metrics` besides the service's own
//! routes, and drains on SIGTERM.

pub mod cache;
mod client;
pub mod config;
pub mod event_log;
mod health;
pub mod http;
mod limit;
mod open_files;
mod service;
mod shutdown;
mod telemetry;

pub use ::http_client::ClientError;
pub use client::http_client;
pub use client::response;
pub use client::response::{ResponseError, ResponseText, read_response};
pub use config::{ConfigError, Configuration, Key, Settings};
pub use health::{Latch, Notice, Readiness};
pub use http::{Connection, MetricsStream, Problem, RequestBodies, RequestBody};
pub use limit::{Limit, Limits, Permit};
pub use open_files::{limit_open_files, open_files};
pub use service::entry::Allocator;
pub use service::{App, Context, StartError, run};
pub use shutdown::Shutdown;
pub use targets::{LATENCY_BUCKETS, LOWEST_LATENCY_BUCKET};
