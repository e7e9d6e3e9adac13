//! `GET /api/v1/status`: the current state of all targets and of the lab.

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

/// The current state of all targets, as the status page shows it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Status {
    /// The state of all targets together, on every page.
    #[serde(flatten)]
    pub summary: StatusSummary,
    /// The ranges of `/api/v1/history` that are within `PROMETHEUS_RETENTION`, the shortest first.
    pub ranges: Vec<String>,
    /// The groups of the targets, in the order of their first occurrence.
    pub groups: Vec<String>,
    /// The number of matching targets on all pages.
    pub total: usize,
    /// `after` of the next page; null on the last.
    #[serde(deserialize_with = "nullable")]
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub next: Option<String>,
    /// The matching targets, in the order of the configuration.
    #[serde(deserialize_with = "at_most::list::<_, _, PAGE_MAX>")]
    pub targets: Vec<Arc<TargetStatus>>,
}

/// The state of all targets together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StatusSummary {
    /// The time of this answer.
    pub generated_at: Timestamp,
    /// The time of the newest probe of any target; null if there is none. If it is old, no target is being probed.
    #[serde(deserialize_with = "nullable")]
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub newest_observation_at: Option<Timestamp>,
    /// Since when the lab is blind, and why; null while it is not.
    #[serde(deserialize_with = "nullable")]
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub blind: Option<Blind>,
    /// The sources of this answer, and the errors of those that are unavailable.
    pub sources: Vec<Source>,
    /// Down if any target is down; else unknown if any is unknown, if there are no targets, or if the lab is blind; else
    /// up if any is up.
    pub state: State,
    /// The number of targets in each state.
    pub counts: Counted,
}

/// One target's current state and settings.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TargetStatus {
    /// The target's name: the `target` label of its metrics.
    pub target: Arc<str>,
    /// The target's URL, a password replaced by `xxxxx`.
    pub url: String,
    /// The kind of probe.
    #[cfg_attr(feature = "openapi", schema(example = "https"))]
    pub kind: String,
    /// The target's group; null if the configuration names none.
    #[serde(deserialize_with = "nullable")]
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub group: Option<Arc<str>>,
    /// Unknown if no answering agent has probed the target within two intervals and 15 s, or if it would be up but the
    /// lab is blind; else maintenance during a maintenance window; else the result of the last probe.
    pub state: State,
    /// The state according to the probes if `state` is unknown because the lab is blind; else null.
    #[serde(deserialize_with = "nullable")]
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub was: Option<State>,
    /// When the state began; null if that was before the gateway's first poll. For an unknown target, the time of its
    /// last probe, or since when the lab is blind.
    #[serde(deserialize_with = "nullable")]
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub since: Option<Timestamp>,
    /// The reason of the newest failure while the target is down: `dns`, `connect`, `tls`, `timeout`, `status`, `body`,
    /// `redirect`, or `protocol`. Null if unknown.
    #[serde(deserialize_with = "nullable")]
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub reason: Option<Arc<str>>,
    /// The open maintenance window; null if none is open, or if the gateway's configuration does not have it.
    #[serde(deserialize_with = "nullable")]
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub maintenance: Option<MaintenanceWindow>,
    /// Counts and availability since the agents started, as in `/uptime-summary`.
    #[serde(flatten)]
    pub figures: Figures,
    /// The mean latency of the responses of the last 5 minutes; null without responses, or without Prometheus.
    #[serde(deserialize_with = "nullable")]
    #[cfg_attr(feature = "openapi", schema(required = true, minimum = 0))]
    pub latency_seconds: Option<f64>,
    /// The time of the last probe; null if there was none.
    #[serde(deserialize_with = "nullable")]
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub last_probe_at: Option<Timestamp>,
    /// The interval between probes; null if no agent exports it.
    #[serde(deserialize_with = "nullable")]
    #[cfg_attr(feature = "openapi", schema(required = true, minimum = 0))]
    pub interval_seconds: Option<f64>,
    /// When the host's certificate expires; null without a TLS connection so far.
    #[serde(deserialize_with = "nullable")]
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub certificate_not_after: Option<Timestamp>,
    /// The ratio of probes that should succeed; null if none is configured.
    #[serde(deserialize_with = "nullable")]
    #[cfg_attr(feature = "openapi", schema(required = true, minimum = 0, maximum = 1))]
    pub slo_objective: Option<f64>,
    /// The seconds within which 95 % of the responses should arrive; null if none is configured.
    #[serde(deserialize_with = "nullable")]
    #[cfg_attr(feature = "openapi", schema(required = true, minimum = 0))]
    pub latency_objective_seconds: Option<f64>,
}

impl TargetStatus {
    /// Returns whether the target's name, URL or group contains `search`, ignoring case, and whether the target is in
    /// `group`, if one is given.
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

/// Returns the names of the targets' groups, in the order of their first occurrence.
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
    /// A maintenance window is open, so probes do not count.
    Maintenance,
    /// No answering agent has probed the target recently, or the lab is blind. Unknown names, which a newer gateway may
    /// send, deserialize to this state.
    #[serde(other)]
    Unknown,
}

impl State {
    /// All states with their names.
    pub const ALL: [(&str, Self); 4] = [
        ("up", Self::Up),
        ("down", Self::Down),
        ("maintenance", Self::Maintenance),
        ("unknown", Self::Unknown),
    ];

    /// Returns the state's name in JSON and queries.
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

/// The number of targets in each state.
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
    /// Returns the number of targets in a state.
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

/// A source of an answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Source {
    /// An agent's place (without a place, `ping-agent` for a single agent, else the agent's URL), `prometheus`, or
    /// `alert-logger`.
    pub name: String,
    /// Whether the source answered.
    pub ok: bool,
    /// Why the source did not answer; null if it did.
    #[serde(deserialize_with = "nullable")]
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub detail: Option<String>,
}

/// The reasons for which the lab is blind: failures would go unnoticed, so that good states can't be trusted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Blind {
    /// When the earliest of the reasons began.
    pub since: Timestamp,
    /// At least one reason.
    pub reasons: Vec<Reason>,
}

/// A part that is unavailable or does not work, which makes the lab blind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Reason {
    /// The part.
    pub part: Part,
    /// When the part was first found unavailable, or its last sign of life: for `watchdog`, its last arrival.
    pub since: Timestamp,
    /// The reason as text.
    pub detail: String,
}

/// A part without which the lab is blind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    /// No agent answers, or none probes.
    PingAgent,
    /// Prometheus is unavailable, or does not store samples or evaluate rules. No alert can fire without it.
    Prometheus,
    /// alert-logger is unavailable, so it receives no alerts.
    AlertLogger,
    /// The Watchdog alert, which always fires, does not arrive. No other alert would arrive either.
    Watchdog,
}

impl Part {
    /// Returns the part's name in JSON.
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
    /// Creates a value from reasons; returns `None` without any.
    #[must_use]
    pub fn because(reasons: Vec<Reason>) -> Option<Self> {
        let since = reasons.iter().map(|reason| reason.since).min()?;
        Some(Self { since, reasons })
    }
}

/// `since 2026-11-24T20:15:45Z: no ping-agent answers (…); alert-logger is unavailable: connection refused`
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
    fn names_match_their_json() {
        for (name, state) in State::ALL {
            assert_eq!(state.as_str(), name);
            assert_eq!(serde_json::to_value(state).unwrap(), name);
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
    fn unrecognized_states_are_unknown() {
        let state: State = serde_json::from_str("\"resting\"").unwrap();
        assert_eq!(state, State::Unknown);
    }
}
