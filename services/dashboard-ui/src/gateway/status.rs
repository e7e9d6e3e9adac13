//! What api-gateway says at `GET /api/v1/status`, and in the events of its stream. Fields that the page does not show are
//! not read.

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer};
use service_kit::answer::at_most;

use super::{PAGE_MAX, Paged};

/// The state of everything that is watched.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Status {
    #[serde(flatten)]
    pub summary: Summary,
    /// The ranges within the gateway's retention.
    pub ranges: Vec<String>,
    /// In the order of the configuration.
    #[serde(deserialize_with = "shared")]
    pub targets: Vec<Arc<Target>>,
    /// Where the next part begins.
    next: Option<String>,
}

impl Paged for Status {
    fn next(&self) -> Option<&str> {
        self.next.as_deref()
    }

    fn append(&mut self, next: Self) {
        self.targets.extend(next.targets);
        self.next = next.next;
    }
}

/// What is true of all targets together.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub(crate) struct Summary {
    /// When the gateway put this together.
    pub generated_at: Timestamp,
    /// When the latest probe of any target ended.
    pub newest_observation_at: Option<Timestamp>,
    /// Set while nobody can trust what looks good.
    pub blind: Option<Blindness>,
    /// Where the gateway has it from.
    pub sources: Vec<Source>,
    pub state: State,
}

/// That the gateway does not see all that it would have to.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub(crate) struct Blindness {
    pub since: Timestamp,
    #[serde(default)]
    pub reasons: Vec<Reason>,
}

/// A part that cannot be seen, or by which nothing can be.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub(crate) struct Reason {
    pub part: String,
    pub since: Timestamp,
    pub detail: Option<String>,
}

/// A part that the gateway asks.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub(crate) struct Source {
    pub name: String,
    /// Whether it answered.
    pub ok: bool,
    /// Why not.
    pub detail: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum State {
    Up,
    Down,
    Maintenance,
    /// Also what a newer gateway may say that this page does not know.
    #[serde(other)]
    Unknown,
}

impl State {
    /// In the order in which they want attention.
    pub(crate) const ALL: [Self; 4] = [Self::Down, Self::Unknown, Self::Maintenance, Self::Up];

    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Up => "Up",
            Self::Down => "Down",
            Self::Maintenance => "Maintenance",
            Self::Unknown => "Unknown",
        }
    }

    /// The name of its symbol and of its colours, its `data-state`, and what an address calls it.
    pub(crate) fn class(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Down => "down",
            Self::Maintenance => "maintenance",
            Self::Unknown => "unknown",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
pub(crate) struct Target {
    #[serde(rename = "target")]
    pub name: String,
    /// Without its password.
    pub url: String,
    pub group: Option<String>,
    pub state: State,
    /// What its probes say, where the lab is blind and the state is therefore unknown.
    pub was: Option<State>,
    /// Why the newest probe failed, while it is down: `timeout`.
    pub reason: Option<String>,
    /// Since when it has been in its state, as far as known.
    pub since: Option<Timestamp>,
    /// The window that it is in.
    pub maintenance: Option<Window>,
    pub certificate_not_after: Option<Timestamp>,
    /// Since the agents started. As text, cut and not rounded: `99.95%`. None without probes.
    pub availability: Option<String>,
    /// The mean of the last 5 minutes.
    pub latency_seconds: Option<f64>,
    pub last_probe_at: Option<Timestamp>,
    pub interval_seconds: Option<f64>,
}

/// A stretch of maintenance.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Window {
    pub start: Timestamp,
    pub end: Timestamp,
    pub reason: Option<String>,
}

fn shared<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Arc<Target>>, D::Error> {
    let targets: Vec<Target> = at_most::list::<_, _, PAGE_MAX>(deserializer)?;
    Ok(targets.into_iter().map(Arc::new).collect())
}
