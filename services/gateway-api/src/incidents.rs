//! `GET /api/v1/incidents`: what happened to targets, each incident with its alerts and its timeline.

mod alert;
mod link;

use http_client::at_most;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use self::alert::{Alert, AlertEnd, AlertStatus, Alerts, Arrival, Event, LABELS_MAX, Step};
pub use self::link::is_web_link;
use crate::PAGE_MAX;
use crate::json::{nullable, nullable_time, time};

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

/// Something that happened to a target: all its alerts that overlap, or follow each other within 15 minutes. An alert
/// about something else, such as an agent, is an incident of its own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Incident {
    /// The incident's unique id: that of the alert that arrived first. It does not change while the incident grows.
    #[cfg_attr(
        feature = "openapi",
        schema(example = "1764308580000-9f1c", pattern = "^[0-9a-z-]+$")
    )]
    pub id: String,
    /// The affected target; null if the incident is about something else, such as an agent.
    #[serde(deserialize_with = "nullable")]
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub target: Option<String>,
    /// What happened, in words.
    #[cfg_attr(feature = "openapi", schema(example = "shop is down"))]
    pub title: String,
    /// Whether the incident is over.
    pub state: IncidentState,
    /// Why the target is or was down: the reason of its newest failed probe as in `/api/v1/status`, or that of the last
    /// alert that it is down. Null if it was not down, or the reason is unknown.
    #[serde(deserialize_with = "nullable")]
    #[cfg_attr(feature = "openapi", schema(required = true, example = "status"))]
    pub reason: Option<String>,
    /// The status code that goes with `reason`; null without a response.
    #[serde(deserialize_with = "nullable")]
    #[cfg_attr(
        feature = "openapi",
        schema(required = true, minimum = 100, maximum = 599, example = 503)
    )]
    pub http_status: Option<u16>,
    /// The highest severity of the alerts, `page` before `ticket`; null if none has a severity.
    #[serde(deserialize_with = "nullable")]
    #[cfg_attr(feature = "openapi", schema(required = true, example = "page"))]
    pub severity: Option<String>,
    /// When the first alert began to fire.
    #[serde(serialize_with = "time")]
    pub started_at: Timestamp,
    /// When the target came up again; null if it was not down, is still down, or the time is unknown.
    #[serde(deserialize_with = "nullable", serialize_with = "nullable_time")]
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub recovered_at: Option<Timestamp>,
    /// When the last alert ended; null while one fires.
    #[serde(deserialize_with = "nullable", serialize_with = "nullable_time")]
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub ended_at: Option<Timestamp>,
    /// The seconds from `started_at` to `ended_at`; null while an alert fires.
    #[serde(deserialize_with = "nullable")]
    #[cfg_attr(feature = "openapi", schema(required = true, minimum = 0))]
    pub duration_seconds: Option<f64>,
    /// The alerts, oldest first.
    pub alerts: Vec<Alert>,
    /// The timelines of all alerts in one, oldest first.
    pub timeline: Vec<Step>,
}

/// Whether an incident is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum IncidentState {
    /// The target is down, or it was not down and an alert fires.
    Ongoing,
    /// The target was down and is up again, but alerts still fire.
    Recovered,
    /// No alert fires.
    Over,
}

impl IncidentState {
    /// All states with their names.
    pub const ALL: [(&str, Self); 3] = [
        ("ongoing", Self::Ongoing),
        ("recovered", Self::Recovered),
        ("over", Self::Over),
    ];

    /// Returns the state's name in JSON and queries.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ongoing => "ongoing",
            Self::Recovered => "recovered",
            Self::Over => "over",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_match_their_json() {
        for (name, state) in IncidentState::ALL {
            assert_eq!(state.as_str(), name);
            assert_eq!(serde_json::to_value(state).unwrap(), name);
        }
        for (name, status) in AlertStatus::ALL {
            assert_eq!(status.as_str(), name);
            assert_eq!(serde_json::to_value(status).unwrap(), name);
        }
    }
}
