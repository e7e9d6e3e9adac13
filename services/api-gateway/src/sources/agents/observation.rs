//! The answers of all agents at one moment.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use gateway_api::availability::Counts;

use super::{AgentError, Endpoint, Series, Snapshot};

/// The answer of each agent, in the order of the configuration.
#[derive(Debug, Clone, PartialEq)]
pub struct Observation {
    /// One entry an agent.
    pub views: Vec<View>,
}

/// One agent's answer, or why there is none.
#[derive(Debug, Clone)]
pub struct View {
    /// Which agent.
    pub agent: Arc<Endpoint>,
    /// Its snapshot, shared with every reader of the moment.
    pub outcome: Result<Arc<Snapshot>, AgentError>,
    /// The last snapshot of an agent that does not answer now.
    pub last: Option<Arc<Snapshot>>,
    /// Whether `last` is recent enough for its counts to be given.
    pub is_recent: bool,
}

impl View {
    /// Returns the snapshot whose counts are given: the current one, or the last one of an agent that has just gone.
    fn counted(&self) -> Option<&Arc<Snapshot>> {
        let last = self.last.as_ref().filter(|_| self.is_recent);
        self.outcome.as_ref().ok().or(last)
    }
}

/// Compares identity, not content: a rendered body is kept as long as its snapshot is the same one.
impl PartialEq for View {
    fn eq(&self, other: &Self) -> bool {
        let same_snapshot = match (self.counted(), other.counted()) {
            (Some(one), Some(other)) => Arc::ptr_eq(one, other),
            (None, None) => true,
            _ => false,
        };
        same_snapshot
            && Arc::ptr_eq(&self.agent, &other.agent)
            && self.outcome.is_ok() == other.outcome.is_ok()
    }
}

impl Observation {
    /// Returns the names of the agents that did not answer.
    #[must_use]
    pub fn partial(&self) -> Vec<String> {
        self.away()
            .map(|(agent, _)| agent.name().to_string())
            .collect()
    }

    /// Returns why no agent answered, if none did.
    #[must_use]
    pub fn blind(&self) -> Option<String> {
        if self.snapshots().next().is_some() {
            return None;
        }
        let reasons: Vec<_> = self
            .away()
            .map(|(agent, error)| format!("{}: {error}", agent.name()))
            .collect();
        Some(format!("no ping-agent answers ({})", reasons.join("; ")))
    }

    /// Returns why no agent's counts can be given, if none can.
    #[must_use]
    pub fn uncounted(&self) -> Option<String> {
        let nothing = self.counted_snapshots().next().is_none();
        nothing.then(|| self.blind()).flatten()
    }

    /// Returns whether every agent answered, none of them longer ago than `age`.
    #[must_use]
    pub fn is_whole_and_within(&self, age: Duration) -> bool {
        self.views.iter().all(|view| {
            let snapshot = view.outcome.as_ref();
            snapshot.is_ok_and(|snapshot| snapshot.taken.elapsed() < age)
        })
    }

    /// Returns the snapshots of the agents that answered.
    pub fn snapshots(&self) -> impl Iterator<Item = &Arc<Snapshot>> {
        self.views
            .iter()
            .filter_map(|view| view.outcome.as_ref().ok())
    }

    /// Returns the snapshots whose counts are given: those of the agents that answered, and the last ones of those that have just
    /// gone.
    pub fn counted_snapshots(&self) -> impl Iterator<Item = &Arc<Snapshot>> {
        self.views.iter().filter_map(View::counted)
    }

    /// Returns the snapshots of the agents that answered, and the last ones of those that did not.
    pub fn last_snapshots(&self) -> impl Iterator<Item = &Arc<Snapshot>> {
        self.views
            .iter()
            .filter_map(|view| view.outcome.as_ref().ok().or(view.last.as_ref()))
    }

    /// Returns how many targets there are results of.
    #[must_use]
    pub fn probed(&self) -> usize {
        let series = self.snapshots().flat_map(|snapshot| snapshot.iter());
        let probed = series.filter(|(_, series)| series.up.is_some());
        probed.map(|(name, _)| name).collect::<HashSet<_>>().len()
    }

    /// Returns how long the slowest of the agents that answered took.
    #[must_use]
    pub fn slowest(&self) -> Duration {
        let took = self.snapshots().map(|snapshot| snapshot.took);
        took.max().unwrap_or_default()
    }

    /// Returns a target's series at each agent that answered.
    pub fn series<'a>(&'a self, target: &'a str) -> impl Iterator<Item = &'a Series> {
        self.snapshots().filter_map(|snapshot| snapshot.get(target))
    }

    /// Returns a target's series in the last snapshot of each agent.
    pub fn last_series<'a>(&'a self, target: &'a str) -> impl Iterator<Item = &'a Series> {
        self.last_snapshots()
            .filter_map(|snapshot| snapshot.get(target))
    }

    /// Returns a target's probes, over all agents that answered. A counter that is absent counts 0.
    #[must_use]
    pub fn counts(&self, target: &str) -> Counts {
        sum(self.series(target))
    }

    /// Returns [`Observation::counts`], with the last ones of agents that have just gone.
    #[must_use]
    pub fn last_counts(&self, target: &str) -> Counts {
        let all = self.counted_snapshots();
        sum(all.filter_map(|snapshot| snapshot.get(target)))
    }

    fn away(&self) -> impl Iterator<Item = (&Endpoint, &AgentError)> {
        self.views.iter().filter_map(|view| match &view.outcome {
            Ok(_) => None,
            Err(error) => Some((&*view.agent, error)),
        })
    }
}

fn sum<'a>(all: impl Iterator<Item = &'a Series>) -> Counts {
    let mut counts = Counts::default();
    for series in all {
        counts += Counts {
            success: series.success.unwrap_or_default(),
            failures: series.failures.unwrap_or_default(),
        };
    }
    counts
}
