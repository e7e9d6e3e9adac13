//! `GET /targets` and `GET /api/v1/targets/{target}`: the list of targets, and everything about one of them.

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

/// The targets that are watched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Targets {
    /// In the order of the configuration.
    pub targets: Vec<TargetEntry>,
}

/// One target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TargetEntry {
    /// Its name: the `target` label of its metrics.
    pub target: String,
    /// Its URL, a password replaced by `xxxxx`.
    pub url: String,
    /// How it is probed.
    #[cfg_attr(feature = "openapi", schema(example = "https"))]
    pub kind: String,
}

/// Everything about one target. The figures of a source that is away are null.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TargetAnswer {
    /// When this answer was made.
    pub generated_at: Timestamp,
    /// The newest result of any probe of any target; null where there is none.
    #[serde(deserialize_with = "nullable")]
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub newest_observation_at: Option<Timestamp>,
    /// Since when nothing here can be trusted, and why; null while it can.
    #[serde(deserialize_with = "nullable")]
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub blind: Option<Blind>,
    /// The parts that this answer comes from, and which of them were away.
    pub sources: Vec<Source>,
    /// Its state.
    pub target: Arc<TargetStatus>,
    /// Its objectives and error budget.
    #[serde(deserialize_with = "nullable")]
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub slo: Option<TargetSlo>,
    /// Its availability by slot.
    #[serde(deserialize_with = "nullable")]
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub history: Option<Slotted<TargetHistory>>,
    /// Its latency by slot.
    #[serde(deserialize_with = "nullable")]
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub latency: Option<Slotted<TargetLatency>>,
    /// The time that its probes spent in each phase over the last 5 minutes.
    #[serde(deserialize_with = "nullable")]
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub phases: Option<PhaseSeconds>,
    /// Failed probes of the last 5 minutes by reason.
    #[serde(serialize_with = "nullable_counts_by_name")]
    #[serde(deserialize_with = "nullable")]
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub reasons: Option<BTreeMap<String, f64>>,
    /// Its incidents, newest first, at most 50.
    #[serde(deserialize_with = "nullable")]
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub incidents: Option<Vec<Incident>>,
    /// Its maintenance windows; null where the gateway knows no configuration of targets.
    #[serde(deserialize_with = "nullable")]
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub maintenance: Option<Arc<Maintenance>>,
}

/// A target's values, and the slots that they are of.
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
