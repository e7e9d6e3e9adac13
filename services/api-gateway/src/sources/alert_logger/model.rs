//! `GET /api/v1/alerts` of alert-logger, as far as the gateway reads it.

use std::collections::BTreeMap;
use std::io::Read;

use gateway_api::incidents::{Arrival, IncidentEnd as End, IncidentStatus as Status, LABELS_MAX};
use jiff::Timestamp;
use serde::Deserialize;
use service_kit::response::at_most;

/// The alerts of one page.
pub const MOST: usize = 1000;

/// A query for alerts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Query {
    /// Only those whose label `target` is this.
    pub target: Option<String>,
    /// Only those with this status.
    pub status: Option<Status>,
    /// Only those behind this one, newest first: `next` of an earlier page.
    pub before: Option<String>,
    /// At most this many; alert-logger allows up to 1,000.
    pub limit: usize,
}

/// Alerts, newest first.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Page {
    /// The alerts.
    #[serde(deserialize_with = "at_most::list::<_, _, MOST>")]
    pub alerts: Vec<Alert>,
    /// Where the next page starts; `None` on the last.
    pub next: Option<String>,
    /// The alert that always fires, which is not among the others.
    pub watchdog: Arrival,
    /// Whether alert-logger's history survives its restart.
    pub durable: bool,
}

/// One alert.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Alert {
    /// Whether it still fires.
    pub status: Status,
    /// Alertmanager's hash of its labels.
    pub fingerprint: String,
    /// When it began to fire.
    pub starts_at: Timestamp,
    /// When Prometheus began to fire it anew after it had been restarted in the middle.
    #[serde(default)]
    pub restarted_at: Vec<Timestamp>,
    /// When it ended; unless the end was delivered, when it was last known to be active.
    pub ends_at: Option<Timestamp>,
    /// How it ended. An older alert-logger does not say.
    #[serde(default)]
    pub end: Option<End>,
    /// The labels, which identify it.
    #[serde(deserialize_with = "at_most::texts::<_, LABELS_MAX>")]
    pub labels: BTreeMap<String, String>,
    /// The annotations, which explain it.
    #[serde(deserialize_with = "at_most::texts::<_, LABELS_MAX>")]
    pub annotations: BTreeMap<String, String>,
    /// When its first notification arrived.
    pub first_received_at: Timestamp,
    /// When the first notification of its end arrived.
    pub resolved_received_at: Option<Timestamp>,
    /// When it was closed without a notification of its end, or when an end that is unconfirmed was delivered.
    #[serde(default)]
    pub reconciled_at: Option<Timestamp>,
}

/// Reads a page.
///
/// # Errors
/// It is not one.
pub fn page(text: impl Read) -> Result<Page, serde_json::Error> {
    serde_json::from_reader(text)
}
