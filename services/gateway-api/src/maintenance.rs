//! `GET /api/v1/maintenance`: past, open and planned maintenance windows.

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::json::nullable;

/// Maintenance windows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Maintenance {
    /// Windows that closed in the last 14 days, newest first, at most 1,000.
    pub past: Vec<TargetWindow>,
    /// Open windows, in the order of the configuration.
    pub active: Vec<TargetWindow>,
    /// Windows of the next 30 days, soonest first, at most 100.
    pub planned: Vec<TargetWindow>,
}

/// One occurrence of a target's maintenance window.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TargetWindow {
    /// The target's name.
    pub target: Arc<str>,
    /// The start of the window.
    pub start: Timestamp,
    /// The end of the window.
    pub end: Timestamp,
    /// The reason for the maintenance; null if the configuration gives none.
    #[serde(deserialize_with = "nullable")]
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub reason: Option<Arc<str>>,
}

/// One occurrence of a maintenance window.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MaintenanceWindow {
    /// The start of the window.
    pub start: Timestamp,
    /// The end of the window.
    pub end: Timestamp,
    /// The reason for the maintenance; null if the configuration gives none.
    #[serde(deserialize_with = "nullable")]
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub reason: Option<Arc<str>>,
}
