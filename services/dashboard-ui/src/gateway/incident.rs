//! What api-gateway knows of incidents and of maintenance.

use jiff::Timestamp;
use serde::Deserialize;
use service_kit::answer::at_most;

use super::PAGE_MAX;

/// `GET /api/v1/incidents`: a page of them, the newest first.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Incidents {
    #[serde(deserialize_with = "at_most::list::<_, _, PAGE_MAX>")]
    pub incidents: Vec<Incident>,
    /// What `before` has to be for the next page.
    pub next: Option<String>,
    /// Whether they outlive a restart of alert-logger.
    pub durable: Option<bool>,
}

/// `GET /api/v1/alerts`: what is firing.
#[derive(Debug, Deserialize)]
pub(crate) struct Alerts {
    pub alerts: Vec<Incident>,
}

/// An alert that fired, and its course.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub(crate) struct Incident {
    pub id: String,
    pub alert: String,
    pub target: Option<String>,
    pub severity: Option<String>,
    pub status: Course,
    pub started_at: Timestamp,
    pub ended_at: Option<Timestamp>,
    pub end: Option<End>,
    pub duration_seconds: Option<f64>,
    pub summary: Option<String>,
    pub description: Option<String>,
    pub runbook_url: Option<String>,
    #[serde(default)]
    pub timeline: Vec<Step>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Course {
    Firing,
    #[serde(other)]
    Resolved,
}

/// How an incident ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum End {
    NotDelivered,
    Unconfirmed,
    #[serde(other)]
    Delivered,
}

/// A step in an incident's course.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub(crate) struct Step {
    pub at: Timestamp,
    pub event: String,
}

/// `GET /api/v1/maintenance`: the windows of 14 days back and 30 days ahead.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub(crate) struct Maintenance {
    pub active: Vec<Planned>,
    pub planned: Vec<Planned>,
    pub past: Vec<Planned>,
}

/// A window of one target.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub(crate) struct Planned {
    /// Left out where it is clear.
    pub target: Option<String>,
    pub start: Timestamp,
    pub end: Timestamp,
    pub reason: Option<String>,
}
