//! The endpoints:
//!
//! - `GET /targets`: what is watched
//! - `GET /uptime-summary`: availability since the agents started
//! - `GET /uptime-summary-windowed?window=5m`: availability over a window
//! - `GET /api/v1/status`: what the status page shows, in one answer
//! - `GET /api/v1/slo`: objectives, error budgets, and how fast they are used up
//! - `GET /api/v1/history?range=24h`: how available targets were, slot by slot
//! - `GET /api/v1/latency?range=24h`: how long responses took, slot by slot
//! - `GET /api/v1/phases`: what probes spent their time on, and what they failed for
//! - `GET /openapi.json`: the description of all of them

mod answer;
mod history;
mod latency;
mod list;
mod openapi;
mod parameters;
mod phases;
mod ranged;
mod slo;
mod status;
mod summary;
mod targets;
mod windowed;

use std::sync::Arc;

use axum::Router;

use crate::Gateway;

pub use history::{HistoryAnswer, Overall, TargetHistory};
pub use latency::{LatencyAnswer, TargetLatency};
pub use phases::{PhaseSeconds, PhasesAnswer, TargetPhasesAnswer};
pub use ranged::SlotsHead;
pub use slo::{Slo, TargetSlo, WindowFigures, Windows};
pub use status::Status;
pub use summary::{Summary, TargetSummary};
pub use targets::{TargetEntry, Targets};
pub use windowed::WindowedSummary;

/// The gateway's routes.
pub fn router(gateway: Arc<Gateway>) -> Router {
    openapi::documented(gateway)
}
