//! `GET /targets` and `GET /api/v1/targets/{target}`: the list of targets, and one target with all its data.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::history::{PhaseSeconds, SlotsHead, TargetHistory, TargetLatency};
use crate::incidents::Incident;
use crate::json::{nullable, nullable_counts_by_name};
use crate::maintenance::Maintenance;
use crate::slo::TargetSlo;
use crate::status::{Blind, Source, TargetStatus};

/// The monitored targets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Targets {
    /// The targets, in the order of the configuration.
    pub targets: Vec<TargetEntry>,
}

/// One target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TargetEntry {
    /// The target's name: the `target` label of its metrics.
    pub target: String,
    /// The target's URL, a password replaced by `xxxxx`.
    pub url: String,
    /// The kind of probe.
    #[cfg_attr(feature = "openapi", schema(example = "https"))]
    pub kind: String,
}

/// One target's state and data. Fields from an unavailable source are null.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TargetAnswer {
    /// The time of this answer.
    pub generated_at: Timestamp,
    /// The time of the newest probe of any target; null if there is none.
    #[serde(deserialize_with = "nullable")]
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub newest_observation_at: Option<Timestamp>,
    /// Since when the lab is blind, and why; null while it is not.
    #[serde(deserialize_with = "nullable")]
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub blind: Option<Blind>,
    /// The sources of this answer, and the errors of those that are unavailable.
    pub sources: Vec<Source>,
    /// The target's current state and settings.
    pub target: Arc<TargetStatus>,
    /// The target's objectives and error budget.
    #[serde(deserialize_with = "nullable")]
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub slo: Option<TargetSlo>,
    /// The target's availability by slot.
    #[serde(deserialize_with = "nullable")]
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub history: Option<Slotted<TargetHistory>>,
    /// The target's latency by slot.
    #[serde(deserialize_with = "nullable")]
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub latency: Option<Slotted<TargetLatency>>,
    /// The mean duration of each phase of the probes of the last 5 minutes.
    #[serde(deserialize_with = "nullable")]
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub phases: Option<PhaseSeconds>,
    /// Failed probes of the last 5 minutes by reason.
    #[serde(serialize_with = "nullable_counts_by_name")]
    #[serde(deserialize_with = "nullable")]
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub reasons: Option<BTreeMap<String, f64>>,
    /// The target's incidents, newest first, at most 50.
    #[serde(deserialize_with = "nullable")]
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub incidents: Option<Vec<Incident>>,
    /// The target's maintenance windows; null if the gateway has no list of targets.
    #[serde(deserialize_with = "nullable")]
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub maintenance: Option<Arc<Maintenance>>,
}

/// One target's values by slot.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Slotted<T> {
    /// The slots.
    #[serde(flatten)]
    pub slots: SlotsHead,
    /// The values.
    #[serde(flatten)]
    pub values: T,
}
