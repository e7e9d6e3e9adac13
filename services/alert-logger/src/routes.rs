//! What alert-logger answers itself:
//!
//! - `POST /` and `POST /webhook`: a notification of Alertmanager; 200 once its alerts are on the disk and its line
//!   is on stdout
//! - `GET /api/v1/alerts`: the history

mod alerts;
mod webhook;

use std::sync::{Arc, RwLock};

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};

use crate::history::History;
use crate::metrics::Metrics;
use crate::stdout::Lines;
use crate::watchdog::Watchdog;
use crate::writer::Recorder;

/// Alertmanager's own default bounds a notification by nothing; a thousand alerts of ours are well below this.
const BODY_MAX_BYTES: usize = 4 * 1024 * 1024;

/// What the routes work with.
#[derive(Debug, Clone)]
pub struct Service {
    /// The way into the history.
    pub recorder: Recorder,
    /// The history, to read.
    pub history: Arc<RwLock<History>>,
    /// The latest arrival of `Watchdog`.
    pub watchdog: Arc<Watchdog>,
    /// Stdout.
    pub lines: Lines,
    /// What is counted.
    pub metrics: Metrics,
    /// Whether the history outlives the process.
    pub durable: bool,
}

/// The routes of the service.
pub fn router(service: Service) -> Router {
    Router::new()
        .route("/", post(webhook::receive))
        .route("/webhook", post(webhook::receive))
        .layer(DefaultBodyLimit::max(BODY_MAX_BYTES))
        .route("/api/v1/alerts", get(alerts::list))
        .with_state(service)
}
