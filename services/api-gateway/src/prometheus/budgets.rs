//! What Prometheus records of the objectives: probes, coverage and burn rate by window, and the budgets that are left.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::Timestamp;
use targets::RECORDED_WINDOWS;

use super::api::Api;
use super::model::{Gather, Labels};
use super::{ByTarget, QueryError};
use crate::outcomes::Outcomes;

/// What is recorded of each target.
pub type Budgets = HashMap<Arc<str>, Budget>;

/// What is recorded of one target.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Budget {
    /// The share of the error budget of 14 days that is left: 1 is untouched, 0 used up, below 0 overspent.
    pub remaining: Option<f64>,
    /// By window, in the order of [`RECORDED_WINDOWS`].
    pub windows: [Recorded; RECORDED_WINDOWS.len()],
}

/// What is recorded of one target over one window.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Recorded {
    /// Its probes. Only outcomes that there were are recorded.
    pub outcomes: Outcomes,
    /// The share of the probes due of which the outcome is known, 0 to 1.
    pub coverage: Option<f64>,
    /// 1 uses the budget up exactly over the window.
    pub burn_rate: Option<f64>,
}

/// Asks for all of it, as of one moment.
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

/// What one query gives, by target and window.
type ByWindow<T> = HashMap<Arc<str>, [T; RECORDED_WINDOWS.len()]>;

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

/// What a series is of; `None` where that is no recorded window of a target.
fn window<'a, T: Copy + Default>(
    windows: &'a mut ByWindow<T>,
    target: Option<&Arc<str>>,
    labels: &Labels,
) -> Option<&'a mut T> {
    let window = labels.window.as_deref()?;
    let place = RECORDED_WINDOWS
        .iter()
        .position(|recorded| *recorded == window)?;
    let windows = windows.entry(Arc::clone(target?)).or_default();
    windows.get_mut(place)
}
