//! Recorded figures of objectives: probes, coverage and burn rate by window, and remaining error budgets.

use std::collections::HashMap;
use std::sync::Arc;

use gateway_api::slo::WINDOWS;
use jiff::Timestamp;

use super::api::Api;
use super::model::{ByTarget, Gather, Labels};
use super::outcomes::Outcomes;
use super::query::QueryError;

/// Recorded figures by target.
pub type Budgets = HashMap<Arc<str>, Budget>;

/// The recorded figures of one target.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Budget {
    /// The remaining share of the error budget of 14 days: 1 is untouched, 0 used up, below 0 overspent.
    pub remaining: Option<f64>,
    /// The figures by window, in the order of [`WINDOWS`].
    pub windows: [Recorded; WINDOWS.len()],
}

/// The recorded figures of one target over one window.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Recorded {
    /// The probes by outcome. An outcome without probes is not recorded, and counts 0.
    pub outcomes: Outcomes,
    /// The share of the due probes whose outcome is known, 0 to 1.
    pub coverage: Option<f64>,
    /// The rate at which the error budget is consumed: 1 consumes it in exactly 14 days.
    pub burn_rate: Option<f64>,
}

/// Fetches the figures of all targets, with all queries at the same time of evaluation.
pub(super) async fn fetch(api: &Api) -> Result<Budgets, QueryError> {
    let now = Timestamp::now();
    let (probes, coverage, burn_rate, remaining) = futures::try_join!(
        api.instant::<ByWindow<Outcomes>>("target:probes:count", now),
        api.instant::<ByWindow<Option<f64>>>("target:coverage:ratio", now),
        api.instant::<ByWindow<Option<f64>>>("target:error_budget:burn_rate", now),
        api.instant::<ByTarget>("target:error_budget:remaining_ratio", now),
    )?;
    let mut budgets = Budgets::new();
    for (target, probes) in probes {
        let windows = &mut budgets.entry(target).or_default().windows;
        for (window, outcomes) in windows.iter_mut().zip(probes) {
            window.outcomes = outcomes;
        }
    }
    for (target, coverage) in coverage {
        let windows = &mut budgets.entry(target).or_default().windows;
        for (window, coverage) in windows.iter_mut().zip(coverage) {
            window.coverage = coverage.map(|coverage| coverage.clamp(0.0, 1.0));
        }
    }
    for (target, burn_rate) in burn_rate {
        let windows = &mut budgets.entry(target).or_default().windows;
        for (window, burn_rate) in windows.iter_mut().zip(burn_rate) {
            window.burn_rate = burn_rate;
        }
    }
    for (target, remaining) in remaining {
        budgets.entry(target).or_default().remaining = Some(remaining);
    }
    Ok(budgets)
}

/// The values of one query by target and window.
type ByWindow<T> = HashMap<Arc<str>, [T; WINDOWS.len()]>;

impl Gather for ByWindow<Outcomes> {
    fn gather(&mut self, target: Option<&Arc<str>>, labels: &Labels, value: f64) {
        if let (Some(window), Some(outcome)) = (window(self, target, labels), &labels.outcome) {
            window.add(outcome, value);
        }
    }
}

impl Gather for ByWindow<Option<f64>> {
    fn gather(&mut self, target: Option<&Arc<str>>, labels: &Labels, value: f64) {
        if let Some(window) = window(self, target, labels) {
            *window = Some(value);
        }
    }
}

/// Returns the value for a series' target and window; `None` if the series has no target or an unknown window.
fn window<'a, T: Copy + Default>(
    windows: &'a mut ByWindow<T>,
    target: Option<&Arc<str>>,
    labels: &Labels,
) -> Option<&'a mut T> {
    let window = labels.window.as_deref()?;
    let index = WINDOWS.iter().position(|recorded| *recorded == window)?;
    let windows = windows.entry(Arc::clone(target?)).or_default();
    windows.get_mut(index)
}
