//! `GET /api/v1/alerts` and `GET /api/v1/incidents`: alerts and their timelines.

use std::collections::BTreeMap;

use http_client::at_most;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::PAGE_MAX;
use crate::json::nullable;

/// The most labels of one alert.
pub const LABELS_MAX: usize = 100;

/// The firing alerts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Alerts {
    /// The firing alerts, newest first, at most 1,000.
    #[serde(deserialize_with = "at_most::list::<_, _, PAGE_MAX>")]
    pub alerts: Vec<Incident>,
    /// The Watchdog alert, which always fires and is not listed in `alerts`.
    pub watchdog: Arrival,
}

/// A page of incidents.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Incidents {
    /// The incidents, newest first.
    #[serde(deserialize_with = "at_most::list::<_, _, PAGE_MAX>")]
    pub incidents: Vec<Incident>,
    /// `before` of the next page; null on the last.
    #[serde(deserialize_with = "nullable")]
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub next: Option<String>,
    /// Whether alert-logger's history survives a restart.
    pub durable: bool,
}

/// The latest arrival of `Watchdog`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Arrival {
    /// When Watchdog last arrived, firing; null if it never did.
    #[serde(deserialize_with = "nullable")]
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub last_received_at: Option<Timestamp>,
}

/// An alert and its timeline.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Incident {
    /// The incident's unique id. It never changes.
    pub id: String,
    /// The alert's name; empty if it has none.
    #[cfg_attr(feature = "openapi", schema(example = "TargetDown"))]
    pub alert: String,
    /// The affected target; null for an alert about something else, such as an agent.
    #[serde(deserialize_with = "nullable")]
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub target: Option<String>,
    /// The rule's severity, `page` or `ticket`; null if the rule has none.
    #[serde(deserialize_with = "nullable")]
    #[cfg_attr(feature = "openapi", schema(required = true, example = "page"))]
    pub severity: Option<String>,
    /// Whether the alert still fires.
    pub status: IncidentStatus,
    /// When the alert began to fire.
    pub started_at: Timestamp,
    /// When the alert ended, or if `end` is not `delivered`, when it was last known to be active. Null while it fires.
    #[serde(deserialize_with = "nullable")]
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub ended_at: Option<Timestamp>,
    /// How the alert ended; null while it fires.
    #[serde(deserialize_with = "nullable")]
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub end: Option<IncidentEnd>,
    /// The seconds from `started_at` to `ended_at`; null while the alert fires.
    #[serde(deserialize_with = "nullable")]
    #[cfg_attr(feature = "openapi", schema(required = true, minimum = 0))]
    pub duration_seconds: Option<f64>,
    /// A sentence about the alert that is the same for every incident; null if the rule has none.
    #[serde(deserialize_with = "nullable")]
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub summary: Option<String>,
    /// The details of this incident; null if the rule has none.
    #[serde(deserialize_with = "nullable")]
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub description: Option<String>,
    /// The runbook's http or https URL; null if the rule has none.
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
    /// The kind of event.
    pub event: Event,
}

/// A kind of event in an incident's timeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// The alert began to fire in Prometheus.
    Fired,
    /// The notification arrived at alert-logger, and thereby at every other receiver.
    Notified,
    /// The alert fired again because Prometheus restarted meanwhile.
    FiredAgain,
    /// The alert stopped firing in Prometheus.
    Resolved,
    /// The notification of the alert's end arrived at alert-logger.
    ResolutionNotified,
    /// The alert was last known to be active.
    LastKnownActive,
    /// Alertmanager resolved the alert by itself, and Prometheus has not confirmed that yet.
    ResolvedUnconfirmed,
    /// alert-logger closed the incident, because neither Prometheus nor Alertmanager had the alert any more.
    Closed,
}

/// Whether an alert still fires.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum IncidentStatus {
    /// The alert still fires.
    Firing,
    /// The alert ended.
    Resolved,
}

impl IncidentStatus {
    /// Both statuses with their names.
    pub const ALL: [(&str, Self); 2] = [("firing", Self::Firing), ("resolved", Self::Resolved)];

    /// Returns the status's name in JSON and queries.
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
    /// Prometheus resolved the alert, and the notification arrived.
    Delivered,
    /// Neither Prometheus nor Alertmanager has the alert any more, and no notification of its end arrived.
    NotDelivered,
    /// Alertmanager resolved the alert by itself while Prometheus sent nothing. Prometheus has not confirmed that yet.
    Unconfirmed,
}
