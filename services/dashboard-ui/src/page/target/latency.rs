//! Latency over time as a chart with axes, and the time of each probe phase.

use gateway_api::history::{PhaseSeconds, TargetLatency};
use gateway_api::slo::TargetSlo;
use gateway_api::target::Slotted;

use super::slot_start;
use crate::draw::plot;
use crate::text::time::{Clock, latency, measured};

/// The width of a slot in the chart.
const STEP: usize = 8;

/// The height of the chart.
const HEIGHT: f64 = 180.0;

/// A chart with lines of the median and the 95th percentile.
#[derive(Debug)]
pub(super) struct LatencyChart {
    pub p50: String,
    pub p95: String,
    /// The newest median and 95th percentile.
    pub now: Option<(String, String)>,
    /// The highest value in the chart.
    pub highest: String,
    pub middle: String,
    pub top: String,
    pub start: Clock,
    pub end: Option<Clock>,
    /// The objective for 95 % of the responses: the height of its line, and its value.
    pub objective: Option<(i64, String)>,
}

impl LatencyChart {
    /// Returns `None` without data.
    pub(super) fn new(latencies: &Slotted<TargetLatency>, slo: Option<&TargetSlo>) -> Option<Self> {
        let TargetLatency {
            p50,
            p95,
            at_most_seconds,
            ..
        } = &latencies.values;
        let highest = plot::top(p50.iter().chain(p95));
        if highest <= 0.0 {
            return None;
        }
        let top = plot::axis(highest);
        let newest = |values: &[Option<f64>]| {
            let seconds = values.iter().rev().find_map(|value| *value)?;
            Some(measured(seconds, *at_most_seconds))
        };
        let objective = slo.and_then(|slo| slo.latency_objective_seconds);
        let slots = p50.len().max(p95.len());
        Some(Self {
            p50: plot::line(p50, STEP, top, HEIGHT),
            p95: plot::line(p95, STEP, top, HEIGHT),
            now: newest(p50).zip(newest(p95)),
            highest: latency(highest),
            middle: latency(top / 2.0),
            top: latency(top),
            start: Clock::new(latencies.slots.start),
            end: slot_start(&latencies.slots, slots).map(Clock::new),
            objective: objective
                .filter(|objective| *objective <= top)
                .map(|it| (plot::level(it, top, HEIGHT), latency(it))),
        })
    }
}

/// A phase of a probe.
#[derive(Debug)]
pub(super) struct Phase {
    pub name: &'static str,
    pub text: String,
    /// The length of its bar, in percent of the longest.
    pub length: i64,
}

pub(super) fn phases(phases: &PhaseSeconds) -> Vec<Phase> {
    let all = [
        ("Name look-up", phases.dns),
        ("Connection", phases.connect),
        ("TLS handshake", phases.tls),
        ("First byte", phases.first_byte),
        ("Transfer", phases.transfer),
    ];
    let longest = plot::top(all.iter().map(|(_, seconds)| seconds));
    let present = all.into_iter().filter_map(|(name, seconds)| {
        let seconds = seconds.filter(|it| it.is_finite() && *it >= 0.0)?;
        #[expect(clippy::cast_possible_truncation, reason = "at most 100")]
        let length = (100.0 * seconds / longest.max(f64::MIN_POSITIVE)) as i64;
        Some(Phase {
            name,
            text: latency(seconds),
            length: length.clamp(1, 100),
        })
    });
    present.collect()
}
