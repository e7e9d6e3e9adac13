//! What Prometheus records of the objectives: probes, coverage and burn rate by window, and the budgets that are left.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::Timestamp;

use super::api::Api;
use super::model::Labels;
use super::{QueryError, RECORDED};
use crate::outcomes::Outcomes;

/// What is recorded of each target.
pub type Budgets = HashMap<Arc<str>, Budget>;

/// What is recorded of one target.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Budget {
    /// The share of the error budget of 14 days that is left: 1 is untouched, 0 used up, below 0 overspent.
    pub remaining: Option<f64>,
    /// By window, in the order of [`RECORDED`].
    pub windows: [Recorded; RECORDED.len()],
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
        api.instant("target:probes:count", now),
        api.instant("target:coverage:ratio", now),
        api.instant("target:error_budget:burn_rate", now),
        api.instant("target:error_budget:remaining_ratio", now),
    )?;
    let mut budgets = Budgets::new();
    for sample in probes {
        let outcome = sample
            .labels
            .outcome
            .as_deref()
            .unwrap_or_default()
            .to_owned();
        if let Some(recorded) = of_window(&mut budgets, sample.labels) {
            recorded.outcomes.add(&outcome, sample.value);
        }
    }
    for sample in coverage {
        if let Some(recorded) = of_window(&mut budgets, sample.labels) {
            recorded.coverage = Some(sample.value.clamp(0.0, 1.0));
        }
    }
    for sample in burn_rate {
        if let Some(recorded) = of_window(&mut budgets, sample.labels) {
            recorded.burn_rate = Some(sample.value);
        }
    }
    for sample in remaining {
        if let Some(budget) = of_target(&mut budgets, sample.labels.target) {
            budget.remaining = Some(sample.value);
        }
    }
    Ok(budgets)
}

fn of_target(budgets: &mut Budgets, target: Option<String>) -> Option<&mut Budget> {
    Some(budgets.entry(target?.into()).or_default())
}

/// What a series' labels say it is of; `None` where that is no recorded window of a target.
fn of_window(budgets: &mut Budgets, labels: Labels) -> Option<&mut Recorded> {
    let window = labels.window?;
    let place = RECORDED.iter().position(|recorded| *recorded == window)?;
    of_target(budgets, labels.target)?.windows.get_mut(place)
}
