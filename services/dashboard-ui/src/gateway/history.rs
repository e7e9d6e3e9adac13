//! What api-gateway knows of the past: slots, latency, objectives.

use std::collections::BTreeMap;

use serde::Deserialize;
use service_kit::answer::at_most;

use super::{PAGE_MAX, Paged};
use crate::text::time::{latency, short};

/// How many slots the gateway gives.
pub(crate) const SLOTS: usize = 90;

/// An answer that has a part for each target.
#[derive(Debug, Deserialize)]
#[serde(bound = "T: Deserialize<'de>")]
pub(crate) struct ByTarget<T> {
    #[serde(deserialize_with = "at_most::list::<_, _, PAGE_MAX>")]
    pub targets: Vec<T>,
    next: Option<String>,
}

impl<T> Paged for ByTarget<T> {
    fn next(&self) -> Option<&str> {
        self.next.as_deref()
    }

    fn append(&mut self, next: Self) {
        self.targets.extend(next.targets);
        self.next = next.next;
    }
}

/// `GET /api/v1/history`: a value a slot, the oldest first.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Slots {
    /// Left out where it is clear.
    pub target: String,
    /// Without probes that count: none.
    #[serde(deserialize_with = "at_most::list::<_, _, SLOTS>")]
    pub availability: Vec<Option<f64>>,
    /// The share of the due probes that was made.
    #[serde(deserialize_with = "at_most::list::<_, _, SLOTS>")]
    pub coverage: Vec<Option<f64>>,
    /// The share of the due probes that was made in maintenance.
    #[serde(deserialize_with = "at_most::list::<_, _, SLOTS>")]
    pub maintenance: Vec<Option<f64>>,
    #[serde(deserialize_with = "at_most::list::<_, _, SLOTS>")]
    pub success: Vec<Option<f64>>,
    #[serde(deserialize_with = "at_most::list::<_, _, SLOTS>")]
    pub failures: Vec<Option<f64>>,
    pub overall: Overall,
}

/// All slots together.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Overall {
    /// As text, cut and not rounded: `99.95%`.
    pub availability: Option<String>,
    pub coverage: Option<f64>,
}

/// `GET /api/v1/latency`: seconds, a value a slot.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Latency {
    /// Left out where it is clear.
    pub target: String,
    #[serde(deserialize_with = "at_most::list::<_, _, SLOTS>")]
    pub p50: Vec<Option<f64>>,
    #[serde(deserialize_with = "at_most::list::<_, _, SLOTS>")]
    pub p95: Vec<Option<f64>>,
    /// Where a value equals this, the answers took that long at most.
    pub at_most_seconds: Option<f64>,
}

impl Latency {
    /// One of the values, as people read it.
    pub(crate) fn words(&self, seconds: f64) -> String {
        match self.at_most_seconds {
            Some(bound) if seconds <= bound => format!("< {}", short(bound)),
            _ => latency(seconds),
        }
    }
}

/// `GET /api/v1/slo`: the objective and what has become of its budget.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Slo {
    /// Left out where it is clear.
    pub target: String,
    pub slo_objective: Option<f64>,
    /// 1 is untouched, 0 used up, negative overspent.
    pub error_budget_remaining_ratio: Option<f64>,
    pub latency_objective_seconds: Option<f64>,
    /// By the window's name: `5m`.
    pub windows: BTreeMap<String, Spell>,
}

/// What happened in a window that ends now.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Spell {
    pub success: Option<f64>,
    pub failures: Option<f64>,
    pub availability: Option<String>,
    pub coverage: Option<f64>,
    pub shares: Option<Shares>,
    /// How many times as fast as the objective allows the budget is spent.
    pub burn_rate: Option<f64>,
}

/// Parts of the time; they add up to 1.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Shares {
    pub up: Option<f64>,
    pub down: Option<f64>,
    pub maintenance: Option<f64>,
    pub unknown: Option<f64>,
}
