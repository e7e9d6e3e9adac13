//! The fields of alert-logger's `GET /api/v1/alerts` that the gateway reads.

use std::collections::BTreeMap;
use std::io::Read;

use gateway_api::incidents::{Arrival, IncidentEnd as End, IncidentStatus as Status, LABELS_MAX};
use jiff::Timestamp;
use serde::Deserialize;
use service_kit::response::at_most;

/// The most alerts on one page.
pub const ALERTS_MAX: usize = 1000;

/// A query for alerts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Query {
    /// Only alerts with this `target` label.
    pub target: Option<String>,
    /// Only alerts with this status.
    pub status: Option<Status>,
    /// The start of the page: `next` of the previous page.
    pub before: Option<String>,
    /// The most alerts on the page; alert-logger allows up to 1,000.
    pub limit: usize,
}

/// A page of alerts, newest first.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Page {
    /// The alerts.
    #[serde(deserialize_with = "at_most::list::<_, _, ALERTS_MAX>")]
    pub alerts: Vec<Alert>,
    /// `before` of the next page; `None` on the last.
    pub next: Option<String>,
    /// The Watchdog alert, which always fires and is not listed in `alerts`.
    pub watchdog: Arrival,
    /// Whether alert-logger's history survives a restart.
    pub durable: bool,
}

/// One alert.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Alert {
    /// Whether the alert still fires.
    pub status: Status,
    /// Alertmanager's hash of the labels.
    pub fingerprint: String,
    /// When the alert began to fire.
    pub starts_at: Timestamp,
    /// When the alert fired again because Prometheus restarted meanwhile.
    #[serde(default)]
    pub restarted_at: Vec<Timestamp>,
    /// When the alert ended, or if `end` is not `delivered`, when it was last known to be active.
    pub ends_at: Option<Timestamp>,
    /// How the alert ended. An older alert-logger does not send it.
    #[serde(default)]
    pub end: Option<End>,
    /// The labels, which identify the alert.
    #[serde(deserialize_with = "at_most::texts::<_, LABELS_MAX>")]
    pub labels: BTreeMap<String, String>,
    /// The annotations, which describe the alert.
    #[serde(deserialize_with = "at_most::texts::<_, LABELS_MAX>")]
    pub annotations: BTreeMap<String, String>,
    /// When the first notification arrived.
    pub first_received_at: Timestamp,
    /// When the first notification of the end arrived.
    pub resolved_received_at: Option<Timestamp>,
    /// When the alert was closed without a notification of its end, or when an unconfirmed end was delivered.
    #[serde(default)]
    pub reconciled_at: Option<Timestamp>,
}

/// Parses a page.
///
/// # Errors
/// The text is not a page.
pub fn page(text: impl Read) -> Result<Page, serde_json::Error> {
    serde_json::from_reader(text)
}
