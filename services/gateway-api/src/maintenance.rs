//! `GET /api/v1/maintenance`: maintenance windows that are over, open or planned.

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::json::nullable;

/// Maintenance windows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Maintenance {
    /// Those of the last 14 days that are over, newest first, at most 1,000.
    pub past: Vec<TargetWindow>,
    /// Those that are open, in the order of the configuration.
    pub active: Vec<TargetWindow>,
    /// Those of the next 30 days, soonest first, at most 100.
    pub planned: Vec<TargetWindow>,
}

/// One time that a target's maintenance window is open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TargetWindow {
    /// Which target.
    pub target: Arc<str>,
    /// When it opens.
    pub start: Timestamp,
    /// When it closes.
    pub end: Timestamp,
    /// The work that is done then; null where the configuration does not say.
    #[serde(deserialize_with = "nullable")]
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub reason: Option<Arc<str>>,
}

/// One time that a maintenance window is open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MaintenanceWindow {
    /// When it opens.
    pub start: Timestamp,
    /// When it closes.
    pub end: Timestamp,
    /// The work that is done then; null where the configuration does not say.
    #[serde(deserialize_with = "nullable")]
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub reason: Option<Arc<str>>,
}
