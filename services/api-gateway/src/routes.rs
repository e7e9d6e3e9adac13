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
//! - `GET /api/v1/alerts`: the alerts that fire now
//! - `GET /api/v1/incidents`: what went wrong, and its course
//! - `GET /api/v1/maintenance`: maintenance windows, past, open and planned
//! - `GET /api/v1/targets/{target}`: everything about one target, in one answer
//! - `GET /api/v1/events`: changes as they happen
//! - `GET /openapi.json`: the description of all of them

mod answer;
mod events;
mod history;
mod incidents;
mod latency;
mod list;
mod maintenance;
mod openapi;
mod parameters;
mod phases;
mod ranged;
mod slo;
mod status;
mod summary;
mod target;
mod targets;
mod windowed;

use std::sync::Arc;

use axum::Router;

use crate::Gateway;

pub use history::{HistoryAnswer, Overall, TargetHistory};
pub use incidents::{Alerts, Incidents};
pub use latency::{LatencyAnswer, TargetLatency};
pub use phases::{PhaseSeconds, PhasesAnswer, TargetPhasesAnswer};
pub use ranged::SlotsHead;
pub use slo::{Slo, TargetSlo, WindowFigures, Windows};
pub use status::Status;
pub use summary::{Summary, TargetSummary};
pub use target::{Slotted, TargetAnswer};
pub use targets::{TargetEntry, Targets};
pub use windowed::WindowedSummary;

/// The gateway's routes.
pub fn router(gateway: Arc<Gateway>) -> Router {
    openapi::documented(gateway)
}
