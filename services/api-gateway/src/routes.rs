//! The endpoints:
//!
//! - `GET /targets`: what is watched
//! - `GET /uptime-summary`: availability since the agents started
//! - `GET /uptime-summary-windowed?window=5m`: availability over a window
//! - `GET /api/v1/status`: what the status page shows, in one answer
//! - `GET /api/v1/slo`: objectives, error budgets, and how fast they are used up
//! - `GET /openapi.json`: the description of all of them

mod answer;
mod list;
mod openapi;
mod parameters;
mod slo;
mod status;
mod summary;
mod targets;
mod windowed;

use std::sync::Arc;

use axum::Router;

use crate::Gateway;

pub use slo::{Slo, TargetSlo, WindowFigures, Windows};
pub use status::Status;
pub use summary::{Summary, TargetSummary};
pub use targets::{TargetEntry, Targets};
pub use windowed::WindowedSummary;

/// The gateway's routes.
pub fn router(gateway: Arc<Gateway>) -> Router {
    openapi::documented(gateway)
}
