//! The slots of the bar as a table of numbers.

use gateway_api::history::{TargetHistory, TargetLatency};
use gateway_api::target::Slotted;

use super::slot_start;
use crate::draw::bar::{Bar, Slot};
use crate::text::time::{Clock, measured};

/// A row of the table: one slot.
#[derive(Debug)]
pub(super) struct SlotRow {
    pub start: Option<Clock>,
    pub state: &'static str,
    pub availability: Option<String>,
    pub coverage: String,
    pub maintenance: String,
    pub failures: String,
    pub p50: Option<String>,
    pub p95: Option<String>,
}

/// Returns the rows of the table, newest first.
pub(super) fn rows(
    history: &Slotted<TargetHistory>,
    bar: &Bar,
    latencies: Option<&Slotted<TargetLatency>>,
) -> Vec<SlotRow> {
    let values = &history.values;
    let row = |(index, slot): (usize, &Slot)| {
        let at = |values: &[f64]| values.get(index).copied().unwrap_or_default();
        let latency = |quantile: fn(&TargetLatency) -> &[Option<f64>]| {
            let latency = &latencies?.values;
            let seconds = quantile(latency).get(index).copied().flatten()?;
            Some(measured(seconds, latency.at_most_seconds))
        };
        let (failures, success) = (at(&values.failures), at(&values.success));
        let availability = values.availability.get(index).copied().flatten();
        SlotRow {
            start: slot_start(&history.slots, index).map(Clock::new),
            state: slot.word(),
            availability: availability.map(cut),
            coverage: cut(at(&values.coverage)),
            maintenance: cut(at(&values.maintenance)),
            failures: format!("{failures:.0} of {:.0}", failures + success),
            p50: latency(|it| &it.p50),
            p95: latency(|it| &it.p95),
        }
    };
    bar.slots().iter().enumerate().map(row).rev().collect()
}

/// Formats a ratio in hundredths of a percent, truncated and not rounded: 100.00% means all.
fn cut(ratio: f64) -> String {
    format!("{:.2}%", (ratio * 10_000.0 + 1e-9).floor() / 100.0)
}
