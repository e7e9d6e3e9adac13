//! The slots of the bar, each in words, and as a table of numbers.

use gateway_api::history::{TargetHistory, TargetLatency};
use gateway_api::status::{State, TargetStatus};
use gateway_api::target::Slotted;
use jiff::Timestamp;

use crate::draw::bar::{Bar, Slot, slot_start};
use crate::text::time::{Clock, measured, stretch};
use crate::text::words::reason;

/// The slots of a bar.
#[derive(Debug)]
pub(super) struct Slots {
    /// When the first slot begins.
    pub start: Timestamp,
    /// The length of a slot.
    pub seconds: i64,
    /// Each slot in words, oldest first: `23 Nov 05:10–05:26 UTC · 3 of 64 probes failed`.
    pub words: Vec<String>,
    /// The rows of the table, newest first.
    pub rows: Vec<SlotRow>,
}

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

/// The data of the slots.
#[derive(Debug)]
pub(super) struct SlotsOf<'a> {
    pub target: &'a TargetStatus,
    pub history: &'a Slotted<TargetHistory>,
    pub latencies: Option<&'a Slotted<TargetLatency>>,
    pub now: Timestamp,
}

impl Slots {
    pub(super) fn new(of: &SlotsOf<'_>, bar: &Bar) -> Self {
        let slots = || bar.slots().iter().copied().enumerate();
        Self {
            start: of.history.slots.started_at,
            seconds: of.history.slots.slot_seconds,
            words: slots().map(|(index, slot)| of.words(index, slot)).collect(),
            rows: slots()
                .map(|(index, slot)| of.row(index, slot))
                .rev()
                .collect(),
        }
    }
}

impl SlotsOf<'_> {
    /// Returns the failed and all probes of a slot.
    fn probes(&self, index: usize) -> (f64, f64) {
        let values = &self.history.values;
        let at = |values: &[f64]| values.get(index).copied().unwrap_or_default();
        let failures = at(&values.failures);
        (failures, failures + at(&values.success))
    }

    /// Describes a slot: its time, its state, its failed probes, and their reason if that is known.
    fn words(&self, index: usize, slot: Slot) -> String {
        let slots = &self.history.slots;
        let (failures, probes) = self.probes(index);
        let failed = format!("{failures:.0} of {probes:.0} probes failed");
        let mut words = match slot {
            Slot::Up | Slot::Down => format!("{} · {failed}", slot.word()),
            Slot::Part => failed,
            Slot::Unknown if probes > 0.0 => format!("{} · {failed}", slot.word()),
            Slot::Maintenance | Slot::Unknown | Slot::Before => slot.word().to_owned(),
        };
        let (start, end) = (slot_start(slots, index), slot_start(slots, index + 1));
        // The reason is that of the failures since the target is down.
        let target = self.target;
        let is_now = target.state == State::Down && end > target.since;
        if let Some(code) = target
            .reason
            .as_deref()
            .filter(|_| is_now && failures > 0.0)
        {
            words += &format!(" · {}", reason(code, target.http_status));
        }
        match start.zip(end) {
            Some((start, end)) => format!("{} · {words}", stretch(start, end, self.now)),
            None => words,
        }
    }

    fn row(&self, index: usize, slot: Slot) -> SlotRow {
        let values = &self.history.values;
        let at = |values: &[f64]| values.get(index).copied().unwrap_or_default();
        let latency = |quantile: fn(&TargetLatency) -> &[Option<f64>]| {
            let latency = &self.latencies?.values;
            let seconds = quantile(latency).get(index).copied().flatten()?;
            Some(measured(seconds, latency.at_most_seconds))
        };
        let (failures, probes) = self.probes(index);
        let availability = values.availability_ratio.get(index).copied().flatten();
        SlotRow {
            start: slot_start(&self.history.slots, index).map(Clock::new),
            state: slot.word(),
            availability: availability.map(cut),
            coverage: cut(at(&values.coverage_ratio)),
            maintenance: cut(at(&values.maintenance_ratio)),
            failures: format!("{failures:.0} of {probes:.0}"),
            p50: latency(|it| &it.p50),
            p95: latency(|it| &it.p95),
        }
    }
}

/// Formats a ratio in hundredths of a percent, truncated and not rounded: 100.00% means all.
fn cut(ratio: f64) -> String {
    format!("{:.2}%", (ratio * 10_000.0 + 1e-9).floor() / 100.0)
}
