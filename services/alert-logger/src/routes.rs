//! The endpoints of alert-logger:
//!
//! - `POST /` and `POST /webhook`: receive a notification of Alertmanager; 200 when its alerts are on the disk and its line
//!   is on stdout
//! - `GET /api/v1/alerts`: the history

mod alerts;
mod webhook;

use std::sync::{Arc, RwLock};

use axum::Router;
use axum::routing::{get, post};
use service_kit::RequestBodies;

use crate::metrics::Metrics;
use crate::stdout::StdoutWriter;
use crate::store::history::History;
use crate::store::recorder::Recorder;
use crate::watchdog::Watchdog;

/// Maximum size of a notification. A thousand alerts of the lab are well below it. Alertmanager has no limit by default;
/// its setting is `max_alerts`.
const BODY_MAX_BYTES: usize = 4 * 1024 * 1024;

/// Maximum size of all notifications that are not on the disk yet. Their parsed form takes as much memory again.
pub(crate) const BODIES_MAX_BYTES: usize = 4 * BODY_MAX_BYTES;

/// The state that the routes share.
#[derive(Debug, Clone)]
pub struct AppState {
    /// Writes to the history.
    pub recorder: Recorder,
    /// The history, for reading.
    pub history: Arc<RwLock<History>>,
    /// The latest arrival of `Watchdog`.
    pub watchdog: Arc<Watchdog>,
    /// Writes payloads to stdout.
    pub stdout: StdoutWriter,
    /// The service's metrics.
    pub metrics: Metrics,
    /// Reads request bodies.
    pub bodies: RequestBodies,
    /// Whether the history survives a restart.
    pub durable: bool,
}

/// Returns the routes of the service.
pub fn router(state: AppState) -> Router {
    Router::new()
        .route("/", post(webhook::receive))
        .route("/webhook", post(webhook::receive))
        .route("/api/v1/alerts", get(alerts::list))
        .with_state(state)
}
