//! What probes spent their time on, and what they failed for, over the last 5 minutes.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use jiff::Timestamp;

use super::QueryError;
use super::api::Api;

/// The phases of a probe, in their order.
pub const PHASES: [&str; 5] = ["dns", "connect", "tls", "first_byte", "transfer"];

/// Mean duration of each phase, in seconds.
const DURATIONS: &str = "sum by (target, phase) (rate(ping_phase_seconds_sum[5m])) \
     / sum by (target, phase) (rate(ping_phase_seconds_count[5m]))";

/// Failures by reason. Not `increase()`, which misses the first: a reason's series appears with it, at 1. One that was
/// not there 5 minutes ago, or began anew since, counts from zero.
const REASONS: &str = "sum by (target, reason) (\
         ping_failures_by_reason_total - last_over_time(ping_failures_by_reason_total[1h] offset 5m) >= 0 \
         or ping_failures_by_reason_total\
     ) > 0";

/// More reasons than there are.
const MAX_REASONS: usize = 16;

/// Phases and reasons by target.
pub type Phases = HashMap<Arc<str>, TargetPhases>;

/// One target's.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TargetPhases {
    /// Mean seconds by phase, in the order of [`PHASES`].
    pub durations: [Option<f64>; PHASES.len()],
    /// Failures by reason.
    pub reasons: BTreeMap<String, f64>,
}

/// Asks for both, as of one moment.
pub(super) async fn fetch(api: &Api) -> Result<Phases, QueryError> {
    let now = Timestamp::now();
    let (durations, reasons) =
        futures::try_join!(api.instant(DURATIONS, now), api.instant(REASONS, now))?;
    let mut phases = Phases::new();
    for sample in durations {
        let phase = sample.labels.phase.as_deref();
        let place = PHASES.iter().position(|known| Some(*known) == phase);
        if let (Some(target), Some(place)) = (sample.labels.target, place) {
            let target = phases.entry(target.into()).or_default();
            if let Some(duration) = target.durations.get_mut(place) {
                *duration = Some(sample.value.max(0.0));
            }
        }
    }
    for sample in reasons {
        if let (Some(target), Some(reason)) = (sample.labels.target, sample.labels.reason) {
            let reasons = &mut phases.entry(target.into()).or_default().reasons;
            if reasons.len() < MAX_REASONS {
                reasons.insert(reason, sample.value);
            }
        }
    }
    Ok(phases)
}
