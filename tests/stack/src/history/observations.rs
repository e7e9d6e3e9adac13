//! The samples of a target that Prometheus has at each evaluation of its rules.

use super::Counts;

/// The age in milliseconds after which the rules take a counter that returns for a new one.
pub const COUNTER_EXPIRY: i64 = 3_600_000;

/// A target's series in one agent's `/metrics`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reading {
    /// The time in milliseconds from the start.
    pub at: i64,
    /// The counters.
    pub counts: Counts,
    /// `ping_interval_seconds`.
    pub interval: f64,
    /// The number of the agent's restarts so far, which its metrics don't show.
    pub restarts: usize,
}

/// The readings of a target at each evaluation.
#[derive(Debug, Clone, Default)]
pub struct Observations {
    /// The times of the evaluations in milliseconds, ascending.
    pub evaluations: Vec<i64>,
    /// The readings by agent and evaluation; `None` where the agent exposed nothing.
    pub agents: Vec<Vec<Option<Reading>>>,
}
