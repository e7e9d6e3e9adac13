//! The endpoints:
//!
//! - `GET /targets`: the targets that are watched
//! - `GET /uptime-summary`: availability since the agents started
//! - `GET /uptime-summary-windowed?window=5m`: availability over a window
//! - `GET /api/v1/status`: the state of everything, in one answer
//! - `GET /api/v1/slo`: objectives, error budgets, and how fast they are used up
//! - `GET /api/v1/history?range=24h`: how available targets were, slot by slot
//! - `GET /api/v1/latency?range=24h`: how long responses took, slot by slot
//! - `GET /api/v1/phases`: the time that probes spent in each phase, and why they failed
//! - `GET /api/v1/alerts`: the alerts that fire now
//! - `GET /api/v1/incidents`: incidents and their timelines
//! - `GET /api/v1/maintenance`: maintenance windows, past, open and planned
//! - `GET /api/v1/targets/{target}`: everything about one target, in one answer
//! - `GET /api/v1/events`: changes as they happen
//! - `GET /openapi.json`: the description of all of them

mod answer;
mod by_target;
mod events;
mod incidents;
mod list;
mod maintenance;
mod openapi;
mod parameters;
mod status;
mod summary;
mod target;
mod targets;
mod windowed;

use std::sync::Arc;

use axum::Router;

use crate::Gateway;

/// The gateway's routes.
pub fn router(gateway: Arc<Gateway>) -> Router {
    openapi::documented(gateway)
}
