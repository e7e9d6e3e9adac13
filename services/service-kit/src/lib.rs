//! What every UptimePulse service shares: configuration, telemetry, HTTP server, health, shutdown.
//!
//! A service is a [`Configuration`] and a start function that turns it into an [`App`]; [`run`] does the rest:
//! it reads the configuration before any port is bound, serves `/healthz`, `/readyz` and `/metrics` beside the
//! service's own routes, and drains on SIGTERM.

pub mod answer;
mod client;
pub mod config;
mod entry;
mod health;
pub mod http;
mod limit;
mod open_files;
mod service;
mod shutdown;
mod telemetry;
mod yielding;

pub use ::http_client::ClientError;
pub use answer::{AnswerError, AnswerText, read_answer};
pub use client::http_client;
pub use config::{ConfigError, Configuration, Key, Settings};
pub use entry::Allocator;
pub use health::{Latch, Notice, Readiness};
pub use http::{Connection, MetricsStream, Problem, RequestBodies, RequestBody};
pub use limit::{Limit, Limits, Permit};
pub use open_files::open_files;
pub use service::{App, Context, StartError, run};
pub use shutdown::Shutdown;
pub use targets::{LATENCY_BUCKETS, LOWEST_LATENCY_BUCKET, RECORDED_WINDOWS};
