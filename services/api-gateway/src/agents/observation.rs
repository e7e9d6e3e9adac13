//! What all agents said.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use super::{AgentError, Endpoint, Series, Snapshot};
use crate::availability::Counts;

/// What each agent said, in the order of the configuration.
#[derive(Debug, Clone, PartialEq)]
pub struct Observation {
    /// One entry an agent.
    pub views: Vec<View>,
}

/// What one agent said, or why it said nothing.
#[derive(Debug, Clone)]
pub struct View {
    /// Which agent.
    pub agent: Arc<Endpoint>,
    /// Its snapshot, shared with every reader of the moment.
    pub outcome: Result<Arc<Snapshot>, AgentError>,
    /// The last snapshot of one that says nothing now.
    pub last: Option<Arc<Snapshot>>,
}

/// The same snapshot, not one with the same content: what a rendered body is kept by.
impl PartialEq for View {
    fn eq(&self, other: &Self) -> bool {
        match (&self.outcome, &other.outcome) {
            (Ok(one), Ok(other)) => Arc::ptr_eq(one, other),
            (Err(_), Err(_)) => self.agent == other.agent,
            _ => false,
        }
    }
}

impl Observation {
    /// The names of the agents that did not answer.
    #[must_use]
    pub fn partial(&self) -> Vec<String> {
        self.away()
            .map(|(agent, _)| agent.name().to_string())
            .collect()
    }

    /// Why no agent answered, if none did.
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

    /// Whether every agent answered, none of them longer ago than `age`.
    #[must_use]
    pub fn is_whole_and_within(&self, age: Duration) -> bool {
        self.views.iter().all(|view| {
            let snapshot = view.outcome.as_ref();
            snapshot.is_ok_and(|snapshot| snapshot.taken.elapsed() < age)
        })
    }

    /// The snapshots of the agents that answered.
    pub fn snapshots(&self) -> impl Iterator<Item = &Arc<Snapshot>> {
        self.views
            .iter()
            .filter_map(|view| view.outcome.as_ref().ok())
    }

    /// The snapshots of the agents that answered, and the last ones of those that did not.
    pub fn last_snapshots(&self) -> impl Iterator<Item = &Arc<Snapshot>> {
        self.views
            .iter()
            .filter_map(|view| view.outcome.as_ref().ok().or(view.last.as_ref()))
    }

    /// How many targets there are results of.
    #[must_use]
    pub fn probed(&self) -> usize {
        let series = self.snapshots().flat_map(|snapshot| snapshot.iter());
        let probed = series.filter(|(_, series)| series.up.is_some());
        probed.map(|(name, _)| name).collect::<HashSet<_>>().len()
    }

    /// How long the slowest of the agents that answered took.
    #[must_use]
    pub fn slowest(&self) -> Duration {
        let took = self.snapshots().map(|snapshot| snapshot.took);
        took.max().unwrap_or_default()
    }

    /// What the agents that see a target say about it.
    pub fn series<'a>(&'a self, target: &'a str) -> impl Iterator<Item = &'a Series> {
        self.snapshots().filter_map(|snapshot| snapshot.get(target))
    }

    /// What the agents that see a target say about it, or said last.
    pub fn last_series<'a>(&'a self, target: &'a str) -> impl Iterator<Item = &'a Series> {
        self.last_snapshots()
            .filter_map(|snapshot| snapshot.get(target))
    }

    /// A target's probes, over all agents. A counter that is absent counts 0.
    #[must_use]
    pub fn counts(&self, target: &str) -> Counts {
        let mut counts = Counts::default();
        for series in self.series(target) {
            counts += Counts {
                success: series.success.unwrap_or_default(),
                failures: series.failures.unwrap_or_default(),
            };
        }
        counts
    }

    fn away(&self) -> impl Iterator<Item = (&Endpoint, &AgentError)> {
        self.views.iter().filter_map(|view| match &view.outcome {
            Ok(_) => None,
            Err(error) => Some((&*view.agent, error)),
        })
    }
}
