//! The endpoints:
//!
//! - `GET /targets`: the monitored targets
//! - `GET /uptime-summary`: availability since the agents started
//! - `GET /uptime-summary-windowed?window=5m`: availability over a window
//! - `GET /api/v1/status`: the current state of all targets and of the lab
//! - `GET /api/v1/slo`: objectives, error budgets and burn rates
//! - `GET /api/v1/history?range=24h`: availability by slot
//! - `GET /api/v1/latency?range=24h`: latency by slot
//! - `GET /api/v1/phases`: mean durations of the phases of probes, and failures by reason
//! - `GET /api/v1/alerts`: the firing alerts
//! - `GET /api/v1/incidents`: incidents and their timelines
//! - `GET /api/v1/maintenance`: past, open and planned maintenance windows
//! - `GET /api/v1/targets/{target}`: one target with all its data
//! - `GET /api/v1/events`: changes as server-sent events
//! - `GET /openapi.json`: the OpenAPI description of all endpoints

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

/// Creates the gateway's routes.
pub fn router(gateway: Arc<Gateway>) -> Router {
    openapi::documented(gateway)
}
