//! The endpoints of alert-logger:
//!
//! - `POST /` and `POST /webhook`: a notification of Alertmanager; 200 once its alerts are on the disk and its line
//!   is on stdout
//! - `GET /api/v1/alerts`: the history

mod alerts;
mod webhook;

use std::sync::{Arc, RwLock};

use axum::Router;
use axum::routing::{get, post};
use service_kit::RequestBodies;

use crate::metrics::Metrics;
use crate::stdout::Lines;
use crate::store::history::History;
use crate::store::recorder::Recorder;
use crate::watchdog::Watchdog;

/// Alertmanager's own default bounds a notification by nothing (`max_alerts` would); a thousand alerts of ours are well
/// below this.
const BODY_MAX_BYTES: usize = 4 * 1024 * 1024;

/// All notifications together, from their arrival until they are on the disk. What is parsed takes as much again.
pub(crate) const BODIES_MAX_BYTES: usize = 4 * BODY_MAX_BYTES;

/// The state that the routes share.
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
    /// The service's metrics.
    pub metrics: Metrics,
    /// Reads notifications.
    pub bodies: RequestBodies,
    /// Whether the history outlives the process.
    pub durable: bool,
}

/// The routes of the service.
pub fn router(service: Service) -> Router {
    Router::new()
        .route("/", post(webhook::receive))
        .route("/webhook", post(webhook::receive))
        .route("/api/v1/alerts", get(alerts::list))
        .with_state(service)
}
