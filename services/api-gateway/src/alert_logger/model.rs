//! `GET /api/v1/alerts` of alert-logger, as far as the gateway reads it.

use std::collections::BTreeMap;
use std::io::Read;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use service_kit::answer::at_most;
use utoipa::ToSchema;

/// The alerts of one page.
pub const MOST: usize = 1000;

/// Which alerts are asked for.
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

/// Whether an alert is still true.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = IncidentStatus)]
pub enum Status {
    /// It is.
    Firing,
    /// It was.
    Resolved,
}

impl Status {
    /// Both, as they are written.
    pub const ALL: [(&str, Self); 2] = [("firing", Self::Firing), ("resolved", Self::Resolved)];

    /// As it is written.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Firing => "firing",
            Self::Resolved => "resolved",
        }
    }
}

/// How an incident ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = IncidentEnd)]
pub enum End {
    /// Prometheus resolved it, and the notification arrived.
    Delivered,
    /// Neither Prometheus nor Alertmanager knows it any more, and no notification of its end arrived.
    NotDelivered,
    /// Alertmanager resolved it by itself while Prometheus was silent. Prometheus has yet to confirm that.
    Unconfirmed,
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
    /// Whether alert-logger's history outlives it.
    pub durable: bool,
}

/// The latest arrival of `Watchdog`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Arrival {
    /// When it last arrived, firing; null if it never did.
    #[schema(value_type = Option<String>, format = DateTime, required = true)]
    pub last_received_at: Option<Timestamp>,
}

/// The labels of one alert that are kept, and its annotations.
const LABELS: usize = 100;

/// One alert.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Alert {
    /// Whether it is still true.
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
    /// How it ended. An alert-logger of before says nothing of it.
    #[serde(default)]
    pub end: Option<End>,
    /// What identifies it.
    #[serde(deserialize_with = "at_most::texts::<_, LABELS>")]
    pub labels: BTreeMap<String, String>,
    /// What explains it.
    #[serde(deserialize_with = "at_most::texts::<_, LABELS>")]
    pub annotations: BTreeMap<String, String>,
    /// When alert-logger first heard of it.
    pub first_received_at: Timestamp,
    /// When alert-logger first heard that it was resolved.
    pub resolved_received_at: Option<Timestamp>,
    /// When it was closed without a notification of its end, or when an end that is unconfirmed was delivered.
    #[serde(default)]
    pub reconciled_at: Option<Timestamp>,
}

/// Reads an answer.
///
/// # Errors
/// It is none.
pub fn page(text: impl Read) -> Result<Page, serde_json::Error> {
    serde_json::from_reader(text)
}
