//! The answers of all agents at one moment.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use gateway_api::availability::Counts;

use super::{AgentError, Endpoint, Series, Snapshot};

/// The answer of each agent, in the order of the configuration.
#[derive(Debug, Clone, PartialEq)]
pub struct Observation {
    /// One answer of each agent.
    pub answers: Vec<AgentAnswer>,
}

/// One agent's answer, or its error.
#[derive(Debug, Clone)]
pub struct AgentAnswer {
    /// The agent.
    pub agent: Arc<Endpoint>,
    /// The agent's snapshot, shared by concurrent requests.
    pub outcome: Result<Arc<Snapshot>, AgentError>,
    /// The last snapshot of an agent that does not answer.
    pub last: Option<Arc<Snapshot>>,
    /// Whether `last` is recent enough for its counts to be included.
    pub is_recent: bool,
}

impl AgentAnswer {
    /// Returns the snapshot whose counts are included: the current one, or a recent one of an unavailable agent.
    fn counted(&self) -> Option<&Arc<Snapshot>> {
        let last = self.last.as_ref().filter(|_| self.is_recent);
        self.outcome.as_ref().ok().or(last)
    }
}

/// Compares the identity of snapshots, not their content: a rendered body is cached while its snapshots are the same.
impl PartialEq for AgentAnswer {
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
        self.errors()
            .map(|(agent, _)| agent.name().to_string())
            .collect()
    }

    /// Returns the errors as text if no agent answered.
    #[must_use]
    pub fn no_answer_reason(&self) -> Option<String> {
        if self.snapshots().next().is_some() {
            return None;
        }
        let reasons: Vec<_> = self
            .errors()
            .map(|(agent, error)| format!("{}: {error}", agent.name()))
            .collect();
        Some(format!("no ping-agent answers ({})", reasons.join("; ")))
    }

    /// Returns the errors as text if no agent's counts can be included.
    #[must_use]
    pub fn no_counts_reason(&self) -> Option<String> {
        let nothing = self.counted_snapshots().next().is_none();
        nothing.then(|| self.no_answer_reason()).flatten()
    }

    /// Returns whether every agent answered, and all snapshots are younger than `age`.
    #[must_use]
    pub fn is_complete_within(&self, age: Duration) -> bool {
        self.answers.iter().all(|answer| {
            let snapshot = answer.outcome.as_ref();
            snapshot.is_ok_and(|snapshot| snapshot.requested_at.elapsed() < age)
        })
    }

    /// Returns the snapshots of the agents that answered.
    pub fn snapshots(&self) -> impl Iterator<Item = &Arc<Snapshot>> {
        self.answers
            .iter()
            .filter_map(|answer| answer.outcome.as_ref().ok())
    }

    /// Returns the snapshots whose counts are included: the current ones, and recent ones of unavailable agents.
    pub fn counted_snapshots(&self) -> impl Iterator<Item = &Arc<Snapshot>> {
        self.answers.iter().filter_map(AgentAnswer::counted)
    }

    /// Returns the last snapshot of each agent: the current ones, and the last ones of unavailable agents.
    pub fn last_snapshots(&self) -> impl Iterator<Item = &Arc<Snapshot>> {
        self.answers
            .iter()
            .filter_map(|answer| answer.outcome.as_ref().ok().or(answer.last.as_ref()))
    }

    /// Returns the number of targets with a probe result.
    #[must_use]
    pub fn probed(&self) -> usize {
        let series = self.snapshots().flat_map(|snapshot| snapshot.iter());
        let probed = series.filter(|(_, series)| series.up.is_some());
        probed.map(|(name, _)| name).collect::<HashSet<_>>().len()
    }

    /// Returns the longest fetch duration of the agents that answered.
    #[must_use]
    pub fn slowest_fetch(&self) -> Duration {
        let durations = self.snapshots().map(|snapshot| snapshot.fetch_duration);
        durations.max().unwrap_or_default()
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

    /// Returns a target's counts, summed over the agents that answered. An absent counter counts 0.
    #[must_use]
    pub fn counts(&self, target: &str) -> Counts {
        sum(self.series(target))
    }

    /// Returns a target's counts like [`Observation::counts`], including recent ones of unavailable agents.
    #[must_use]
    pub fn last_counts(&self, target: &str) -> Counts {
        let all = self.counted_snapshots();
        sum(all.filter_map(|snapshot| snapshot.get(target)))
    }

    fn errors(&self) -> impl Iterator<Item = (&Endpoint, &AgentError)> {
        self.answers.iter().filter_map(|it| match &it.outcome {
            Ok(_) => None,
            Err(error) => Some((&*it.agent, error)),
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
