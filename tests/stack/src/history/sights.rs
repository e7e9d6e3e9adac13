//! What Prometheus saw of a target when it evaluated its rules.

use super::Counts;

/// A counter that was not seen for longer is a new one, in milliseconds.
pub const FORGOTTEN: i64 = 3_600_000;

/// What one agent's `/metrics` said of a target.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reading {
    /// When, in milliseconds from the start.
    pub at: i64,
    /// Its counters.
    pub counts: Counts,
    /// `ping_interval_seconds`.
    pub interval: f64,
    /// How often the agent had begun to count from zero, which nobody can read.
    pub life: usize,
}

/// What each evaluation saw of a target.
#[derive(Debug, Clone, Default)]
pub struct Sights {
    /// When, in milliseconds, in their order.
    pub evaluations: Vec<i64>,
    /// By agent and evaluation.
    pub agents: Vec<Vec<Option<Reading>>>,
}
