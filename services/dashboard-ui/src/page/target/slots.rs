//! The numbers behind the bar, for those who want or need to read them.

use jiff::Timestamp;

use crate::draw::bar::Bar;
use crate::gateway::detail::Timed;
use crate::gateway::history::{Latency, Slots};
use crate::text::time::Clock;

/// A slot in numbers.
#[derive(Debug)]
pub(super) struct SlotRow {
    pub start: Option<Clock>,
    pub state: &'static str,
    pub availability: Option<String>,
    pub coverage: Option<String>,
    pub maintenance: Option<String>,
    pub failures: Option<String>,
    pub p50: Option<String>,
    pub p95: Option<String>,
}

/// The newest first.
pub(super) fn rows(
    history: &Timed<Slots>,
    bar: &Bar,
    latencies: Option<&Timed<Latency>>,
) -> Vec<SlotRow> {
    let slots = &history.of;
    let row = |(index, slot): (usize, &crate::draw::bar::Slot)| {
        let at = |values: &[Option<f64>]| values.get(index).copied().flatten();
        let line = |values: fn(&Latency) -> &Vec<Option<f64>>| {
            let it = &latencies?.of;
            at(values(it)).map(|seconds| it.words(seconds))
        };
        let count =
            |failures: f64, success: f64| format!("{failures:.0} of {:.0}", failures + success);
        SlotRow {
            start: start(history, index).map(Clock::new),
            state: slot.word(),
            availability: at(&slots.availability).map(cut),
            coverage: at(&slots.coverage).map(cut),
            maintenance: at(&slots.maintenance).map(cut),
            failures: at(&slots.failures)
                .zip(at(&slots.success))
                .map(|(failures, success)| count(failures, success)),
            p50: line(|it| &it.p50),
            p95: line(|it| &it.p95),
        }
    };
    bar.slots().iter().enumerate().map(row).rev().collect()
}

fn start(history: &Timed<Slots>, index: usize) -> Option<Timestamp> {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        reason = "slots are few, and seconds whole"
    )]
    let offset = (history.slot_seconds? * index as f64) as i64;
    Timestamp::from_second(history.start?.as_second().checked_add(offset)?).ok()
}

/// A ratio in hundredths of a percent, cut and not rounded.
fn cut(ratio: f64) -> String {
    format!("{:.2}%", (ratio * 10_000.0 + 1e-9).floor() / 100.0)
}
