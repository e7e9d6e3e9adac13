//! `GET /api/v1/announcements`: announcements of the people who run the lab.

use std::sync::Arc;

use http_client::at_most;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::PAGE_MAX;
use crate::json::{nullable, nullable_time, time};

/// The most announcements of an answer.
pub const ANNOUNCEMENTS_MAX: usize = 100;

/// The active and planned announcements, and those that ended in the last 14 days.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Announcements {
    /// The announcements, newest `started_at` first, at most 100.
    #[serde(deserialize_with = "at_most::list::<_, _, ANNOUNCEMENTS_MAX>")]
    pub announcements: Vec<Announcement>,
}

/// A message to everybody who reads the status page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Announcement {
    /// The announcement's unique id, made from the name of its file: letters `a` to `z`, digits and hyphens.
    #[cfg_attr(feature = "openapi", schema(pattern = "^[a-z0-9-]+$"))]
    pub id: Arc<str>,
    /// The title, as text.
    pub title: Arc<str>,
    /// How bad it is.
    pub severity: AnnouncementSeverity,
    /// When the announced event starts or started.
    #[serde(serialize_with = "time")]
    pub started_at: Timestamp,
    /// When it ends or ended; null if that is not known.
    #[serde(deserialize_with = "nullable", serialize_with = "nullable_time")]
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub ended_at: Option<Timestamp>,
    /// Whether it is active now.
    pub state: AnnouncementState,
    /// The names of the affected targets; empty if it affects all. A name need not be one of the current targets.
    #[serde(deserialize_with = "at_most::list::<_, _, PAGE_MAX>")]
    pub targets: Vec<Arc<str>>,
    /// The text without the title, as HTML. It contains no scripts, no images, no ids and no raw HTML of its author. Its
    /// links are http, https, mailto, `#fragment`, or `/runbooks/NAME` of the gateway.
    pub html: Arc<str>,
}

/// How bad the announced event is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum AnnouncementSeverity {
    /// Readers need to do nothing, such as during a planned maintenance.
    Info,
    /// Something does not work as usual.
    Warning,
    /// Something does not work at all.
    Critical,
}

impl AnnouncementSeverity {
    /// All severities with their names.
    pub const ALL: [(&str, Self); 3] = [
        ("info", Self::Info),
        ("warning", Self::Warning),
        ("critical", Self::Critical),
    ];

    /// Returns the severity's name in JSON and in files.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Critical => "critical",
        }
    }
}

/// Whether an announcement is active.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum AnnouncementState {
    /// It has started and has not ended.
    Active,
    /// It has not started.
    Planned,
    /// It has ended.
    Past,
}

impl AnnouncementState {
    /// Returns the state of an announcement with these times.
    #[must_use]
    pub fn at(now: Timestamp, started_at: Timestamp, ended_at: Option<Timestamp>) -> Self {
        if now < started_at {
            Self::Planned
        } else if ended_at.is_some_and(|ended_at| ended_at <= now) {
            Self::Past
        } else {
            Self::Active
        }
    }

    /// Returns the state's name in JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Planned => "planned",
            Self::Past => "past",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_announcement_is_active_from_its_start_until_its_end() {
        use AnnouncementState::{Active, Past, Planned};
        let at = |second| Timestamp::from_second(second).unwrap();
        let state = |now, end: Option<i64>| AnnouncementState::at(at(now), at(10), end.map(at));
        assert_eq!([state(9, Some(20)), state(9, None)], [Planned, Planned]);
        assert_eq!([state(10, Some(20)), state(19, Some(20))], [Active, Active]);
        assert_eq!([state(20, Some(20)), state(20, None)], [Past, Active]);
    }

    #[test]
    fn names_are_those_of_the_json() {
        for (name, severity) in AnnouncementSeverity::ALL {
            assert_eq!(severity.as_str(), name);
            assert_eq!(serde_json::to_value(severity).unwrap(), name);
        }
        for state in [
            AnnouncementState::Active,
            AnnouncementState::Planned,
            AnnouncementState::Past,
        ] {
            assert_eq!(serde_json::to_value(state).unwrap(), state.as_str());
        }
    }
}
