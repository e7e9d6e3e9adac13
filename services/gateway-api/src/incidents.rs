//! `GET /api/v1/alerts` and `GET /api/v1/incidents`: alerts as people follow them.

use std::collections::BTreeMap;

use http_client::at_most;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::PAGE_MAX;
use crate::json::nullable;

/// The labels of an alert that are kept.
pub const LABELS_MAX: usize = 100;

/// The alerts that fire now.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Alerts {
    /// Newest first, at most 1,000.
    #[serde(deserialize_with = "at_most::list::<_, _, PAGE_MAX>")]
    pub alerts: Vec<Incident>,
    /// The alert that always fires, which is not among them.
    pub watchdog: Arrival,
}

/// A page of incidents.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Incidents {
    /// Newest first.
    #[serde(deserialize_with = "at_most::list::<_, _, PAGE_MAX>")]
    pub incidents: Vec<Incident>,
    /// `before` of the next page; null on the last.
    #[serde(deserialize_with = "nullable")]
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub next: Option<String>,
    /// Whether alert-logger's history survives its restart.
    pub durable: bool,
}

/// The latest arrival of `Watchdog`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Arrival {
    /// When it last arrived, firing; null if it never did.
    #[serde(deserialize_with = "nullable")]
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub last_received_at: Option<Timestamp>,
}

/// An alert and its timeline.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Incident {
    /// Never changes, and no other incident has it.
    pub id: String,
    /// The name of the alert; empty where it has none.
    #[cfg_attr(feature = "openapi", schema(example = "TargetDown"))]
    pub alert: String,
    /// The target that it is about; null where it is about none, such as an agent.
    #[serde(deserialize_with = "nullable")]
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub target: Option<String>,
    /// `page` or `ticket`, as the rule says; null where it does not.
    #[serde(deserialize_with = "nullable")]
    #[cfg_attr(feature = "openapi", schema(required = true, example = "page"))]
    pub severity: Option<String>,
    /// Whether it still fires.
    pub status: IncidentStatus,
    /// When the alert began to fire.
    pub started_at: Timestamp,
    /// When it ended: unless `end` is `delivered`, when it was last known to be active. Null while it fires.
    #[serde(deserialize_with = "nullable")]
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub ended_at: Option<Timestamp>,
    /// How it ended; null while it fires.
    #[serde(deserialize_with = "nullable")]
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub end: Option<IncidentEnd>,
    /// From `started_at` to `ended_at`; null while it fires.
    #[serde(deserialize_with = "nullable")]
    #[cfg_attr(feature = "openapi", schema(required = true, minimum = 0))]
    pub duration_seconds: Option<f64>,
    /// The alert in a sentence, the same each time; null where the rule has none.
    #[serde(deserialize_with = "nullable")]
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub summary: Option<String>,
    /// The details of this time; null where the rule has none.
    #[serde(deserialize_with = "nullable")]
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub description: Option<String>,
    /// What to do: an http or https URL; null where the rule names none.
    #[serde(deserialize_with = "nullable")]
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub runbook_url: Option<String>,
    /// All labels of the alert.
    #[serde(deserialize_with = "at_most::texts::<_, LABELS_MAX>")]
    pub labels: BTreeMap<String, String>,
    /// The incident's timeline, oldest first.
    pub timeline: Vec<Step>,
}

/// An entry of an incident's timeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Step {
    /// When it happened.
    pub at: Timestamp,
    /// What happened.
    pub event: Event,
}

/// What happens to an incident.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// Prometheus: the alert fires.
    Fired,
    /// The notification arrived at alert-logger, and so at every other receiver.
    Notified,
    /// Prometheus fires it anew after a restart in the middle.
    FiredAgain,
    /// Prometheus: it fires no more.
    Resolved,
    /// The notification of its end arrived at alert-logger.
    ResolutionNotified,
    /// The last time that it was known to be active.
    LastKnownActive,
    /// Alertmanager resolved it by itself, and Prometheus has yet to confirm that.
    ResolvedUnconfirmed,
    /// It was closed, since neither Prometheus nor Alertmanager knew it any more.
    Closed,
}

/// Whether an alert still fires.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum IncidentStatus {
    /// It does.
    Firing,
    /// It does no more.
    Resolved,
}

impl IncidentStatus {
    /// Both, as they are written.
    pub const ALL: [(&str, Self); 2] = [("firing", Self::Firing), ("resolved", Self::Resolved)];

    /// Returns the status as it is written.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Firing => "firing",
            Self::Resolved => "resolved",
        }
    }
}

/// How an incident ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum IncidentEnd {
    /// Prometheus resolved it, and the notification arrived.
    Delivered,
    /// Neither Prometheus nor Alertmanager knows it any more, and no notification of its end arrived.
    NotDelivered,
    /// Alertmanager resolved it by itself while Prometheus was silent. Prometheus has yet to confirm that.
    Unconfirmed,
}
