//! Mean durations of the phases of probes, and failures by reason, over the last 5 minutes.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use jiff::Timestamp;
use targets::Phase;

use super::api::Api;
use super::model::{Gather, Labels};
use super::query::QueryError;

/// The mean duration of each phase, in seconds.
const DURATIONS: &str = "sum by (target, phase) (rate(ping_phase_seconds_sum[5m])) \
     / sum by (target, phase) (rate(ping_phase_seconds_count[5m]))";

/// Failures by reason. `increase()` would miss the first failure, because a reason's series starts with it at 1. A series
/// that did not exist 5 minutes ago, or was reset since, counts from zero.
const REASONS: &str = "sum by (target, reason) (\
         ping_failures_by_reason_total - last_over_time(ping_failures_by_reason_total[1h] offset 5m) >= 0 \
         or ping_failures_by_reason_total\
     ) > 0";

/// The most reasons of one target. ping-agent has fewer.
const MAX_REASONS: usize = 16;

/// The longest reason. ping-agent's are shorter.
const REASON_BYTES: usize = 32;

/// Phases and reasons by target.
pub type Phases = HashMap<Arc<str>, TargetPhases>;

/// One target's phases and reasons.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TargetPhases {
    /// Mean seconds by phase, in the order of [`Phase::ALL`].
    pub durations: [Option<f64>; Phase::ALL.len()],
    /// Failures by reason.
    pub reasons: BTreeMap<String, f64>,
}

/// Fetches phases and reasons, with both queries at the same time of evaluation.
pub(super) async fn fetch(api: &Api) -> Result<Phases, QueryError> {
    let now = Timestamp::now();
    let (durations, reasons): (Phases, Phases) =
        futures::try_join!(api.instant(DURATIONS, now), api.instant(REASONS, now))?;
    let mut phases = durations;
    for (target, TargetPhases { reasons, .. }) in reasons {
        phases.entry(target).or_default().reasons = reasons;
    }
    Ok(phases)
}

/// Gathers the samples of both queries: durations have the label `phase`, failures the label `reason`.
impl Gather for Phases {
    fn gather(&mut self, target: Option<&Arc<str>>, labels: &Labels, value: f64) {
        let Some(target) = target else { return };
        let target = self.entry(Arc::clone(target)).or_default();
        if let Some(phase) = &labels.phase
            && let Some(index) = Phase::ALL.iter().position(|it| it.as_str() == phase)
            && let Some(duration) = target.durations.get_mut(index)
        {
            *duration = Some(value.max(0.0));
        }
        if let Some(reason) = &labels.reason
            && reason.len() <= REASON_BYTES
            && target.reasons.len() < MAX_REASONS
        {
            target.reasons.insert(reason.clone(), value);
        }
    }
}
