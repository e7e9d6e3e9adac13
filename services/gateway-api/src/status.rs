//! `GET /api/v1/status`: the state of everything at one moment.

use std::collections::HashSet;
use std::fmt::{self, Display, Formatter};
use std::sync::Arc;

use http_client::at_most;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::PAGE_MAX;
use crate::availability::Figures;
use crate::json::nullable;
use crate::maintenance::MaintenanceWindow;

/// Everything the status page shows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Status {
    /// All targets together, whatever page is asked for.
    #[serde(flatten)]
    pub summary: StatusSummary,
    /// The ranges of `/api/v1/history` that are within `PROMETHEUS_RETENTION`, the shortest first.
    pub ranges: Vec<String>,
    /// The groups that targets belong to, in the order in which they first come.
    pub groups: Vec<String>,
    /// How many targets match on all pages.
    pub total: usize,
    /// `after` of the next page; null on the last.
    #[serde(deserialize_with = "nullable")]
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub next: Option<String>,
    /// Those that match, in the order of the configuration.
    #[serde(deserialize_with = "at_most::list::<_, _, PAGE_MAX>")]
    pub targets: Vec<Arc<TargetStatus>>,
}

/// The state of all targets together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StatusSummary {
    /// When this answer was made.
    pub generated_at: Timestamp,
    /// The newest result of any probe; null where there is none. An old one means that nothing is being probed.
    #[serde(deserialize_with = "nullable")]
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub newest_observation_at: Option<Timestamp>,
    /// Since when nothing here can be trusted, and why; null while it can.
    #[serde(deserialize_with = "nullable")]
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub blind: Option<Blind>,
    /// The parts that this answer comes from, and which of them were away.
    pub sources: Vec<Source>,
    /// Down if any target is down, else unknown if any is unknown, if there is none, or if the lab is blind, else up if any
    /// is up.
    pub state: State,
    /// How many targets are in which state.
    pub counts: Counted,
}

/// One target's row.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TargetStatus {
    /// Its name: the `target` label of its metrics.
    pub target: Arc<str>,
    /// Its URL, a password replaced by `xxxxx`.
    pub url: String,
    /// How it is probed.
    #[cfg_attr(feature = "openapi", schema(example = "https"))]
    pub kind: String,
    /// The group it belongs to; null where the configuration names none.
    #[serde(deserialize_with = "nullable")]
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub group: Option<Arc<str>>,
    /// Unknown when no agent that answers has probed it within two intervals and 15 s, or when it would be up and the lab
    /// is blind; else maintenance inside a maintenance window.
    pub state: State,
    /// The state that its probes say, where `state` is unknown because the lab is blind; else null.
    #[serde(deserialize_with = "nullable")]
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub was: Option<State>,
    /// Since when, as far as the gateway knows: null where the state began before the gateway first asked. Of an unknown
    /// target, when it was last probed, or since when the lab is blind.
    #[serde(deserialize_with = "nullable")]
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub since: Option<Timestamp>,
    /// Why its newest probe failed, while it is down: `dns`, `connect`, `tls`, `timeout`, `status`, `body`, `redirect`, or
    /// `protocol`. Null where that is not known.
    #[serde(deserialize_with = "nullable")]
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub reason: Option<Arc<str>>,
    /// The maintenance window that is open; null where there is none, or none that the gateway's configuration has.
    #[serde(deserialize_with = "nullable")]
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub maintenance: Option<MaintenanceWindow>,
    /// Since the agents started, as in `/uptime-summary`.
    #[serde(flatten)]
    pub figures: Figures,
    /// The mean over the last 5 minutes of the probes that got a response; null without one, or without Prometheus.
    #[serde(deserialize_with = "nullable")]
    #[cfg_attr(feature = "openapi", schema(required = true, minimum = 0))]
    pub latency_seconds: Option<f64>,
    /// When it was probed last; null where it never was.
    #[serde(deserialize_with = "nullable")]
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub last_probe_at: Option<Timestamp>,
    /// From one probe to the next; null where no agent knows it.
    #[serde(deserialize_with = "nullable")]
    #[cfg_attr(feature = "openapi", schema(required = true, minimum = 0))]
    pub interval_seconds: Option<f64>,
    /// When its host's certificate expires; null where it has none or was not reached over TLS yet.
    #[serde(deserialize_with = "nullable")]
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub certificate_not_after: Option<Timestamp>,
    /// The ratio of its probes that is to succeed; null where none is configured.
    #[serde(deserialize_with = "nullable")]
    #[cfg_attr(feature = "openapi", schema(required = true, minimum = 0, maximum = 1))]
    pub slo_objective: Option<f64>,
    /// 95 % of its responses are to take at most this long; null where none is set.
    #[serde(deserialize_with = "nullable")]
    #[cfg_attr(feature = "openapi", schema(required = true, minimum = 0))]
    pub latency_objective_seconds: Option<f64>,
}

impl TargetStatus {
    /// Returns whether `search` occurs in the target's name, URL or group, in upper or lower case, and whether the target
    /// is in `group` where one is given.
    #[must_use]
    pub fn matches(&self, search: &str, group: Option<&str>) -> bool {
        let search = search.to_lowercase();
        let found = |text: &str| text.to_lowercase().contains(&search);
        let own = self.group.as_deref();
        group.is_none_or(|group| own == Some(group))
            && (search.is_empty()
                || found(&self.target)
                || found(&self.url)
                || own.is_some_and(found))
    }
}

/// Returns the names of the targets' groups, in the order in which they first occur.
pub fn groups<'a>(targets: impl IntoIterator<Item = &'a TargetStatus>) -> Vec<&'a str> {
    let mut seen = HashSet::new();
    let groups = targets.into_iter().filter_map(|it| it.group.as_deref());
    groups.filter(|group| seen.insert(*group)).collect()
}

/// The state of a target, or of all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// The last probe succeeded.
    Up,
    /// The last probe failed.
    Down,
    /// Its probes do not count, because it is being worked on.
    Maintenance,
    /// No agent that answers has probed it of late, or the lab is blind. A state that a newer gateway adds is read as this
    /// one.
    #[serde(other)]
    Unknown,
}

impl State {
    /// All states, as they are written.
    pub const ALL: [(&str, Self); 4] = [
        ("up", Self::Up),
        ("down", Self::Down),
        ("maintenance", Self::Maintenance),
        ("unknown", Self::Unknown),
    ];

    /// Returns the state as it is written.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Down => "down",
            Self::Maintenance => "maintenance",
            Self::Unknown => "unknown",
        }
    }
}

/// Targets by state.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Counted {
    /// Targets that are up.
    pub up: usize,
    /// Targets that are down.
    pub down: usize,
    /// Targets in a maintenance window.
    pub maintenance: usize,
    /// Targets whose state is unknown.
    pub unknown: usize,
}

impl Counted {
    /// Returns how many targets are in a state.
    #[must_use]
    pub fn get(self, state: State) -> usize {
        match state {
            State::Up => self.up,
            State::Down => self.down,
            State::Maintenance => self.maintenance,
            State::Unknown => self.unknown,
        }
    }
}

impl FromIterator<State> for Counted {
    fn from_iter<T: IntoIterator<Item = State>>(states: T) -> Self {
        let mut counts = Self::default();
        for state in states {
            match state {
                State::Up => counts.up += 1,
                State::Down => counts.down += 1,
                State::Maintenance => counts.maintenance += 1,
                State::Unknown => counts.unknown += 1,
            }
        }
        counts
    }
}

/// A part that an answer comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Source {
    /// An agent's place (`ping-agent` for a single one without a place, its URL where there are several), `prometheus`,
    /// or `alert-logger`.
    pub name: String,
    /// Whether it answered.
    pub ok: bool,
    /// Why not; null where it did.
    #[serde(deserialize_with = "nullable")]
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub detail: Option<String>,
}

/// Nothing that looks good can be trusted, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Blind {
    /// Since when: the earliest of the reasons.
    pub since: Timestamp,
    /// Why, at least one.
    pub reasons: Vec<Reason>,
}

/// A part that is away.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Reason {
    /// Which part.
    pub part: Part,
    /// When it was first found to be away, or its last sign of life: for `watchdog` when it last arrived.
    pub since: Timestamp,
    /// The reason in words.
    pub detail: String,
}

/// A part without which the lab is blind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    /// All of the agents: none probes, or none answers.
    PingAgent,
    /// It keeps the history, and no alert can fire without it: it is away, or does not do its work.
    Prometheus,
    /// Alerts do not arrive.
    AlertLogger,
    /// The alert that always fires does not arrive: nor would any other.
    Watchdog,
}

impl Part {
    /// Returns the part's name as it is written.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::PingAgent => "ping-agent",
            Self::Prometheus => "prometheus",
            Self::AlertLogger => "alert-logger",
            Self::Watchdog => "watchdog",
        }
    }
}

impl Blind {
    /// Blindness for these reasons; `None` without any.
    #[must_use]
    pub fn because(reasons: Vec<Reason>) -> Option<Self> {
        let since = reasons.iter().map(|reason| reason.since).min()?;
        Some(Self { since, reasons })
    }
}

/// `since 2026-11-24T20:15:45Z: no ping-agent answers (…); alert-logger is away: connection refused`
impl Display for Blind {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "since {:.0}", self.since)?;
        let mut separator = ": ";
        for reason in &self.reasons {
            write!(f, "{separator}{}", reason.detail)?;
            separator = "; ";
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_the_ones_that_are_written() {
        for (word, state) in State::ALL {
            assert_eq!(state.as_str(), word);
            assert_eq!(serde_json::to_value(state).unwrap(), word);
        }
        for part in [
            Part::PingAgent,
            Part::Prometheus,
            Part::AlertLogger,
            Part::Watchdog,
        ] {
            assert_eq!(serde_json::to_value(part).unwrap(), part.as_str());
        }
    }

    #[test]
    fn a_state_that_is_not_known_here_is_unknown() {
        let state: State = serde_json::from_str("\"resting\"").unwrap();
        assert_eq!(state, State::Unknown);
    }
}
