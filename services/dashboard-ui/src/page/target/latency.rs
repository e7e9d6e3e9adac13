//! Latency over time as a picture with axes, and where the time goes.

use crate::draw::plot;
use crate::gateway::detail::{Phases, Timed};
use crate::gateway::history::{Latency, Slo};
use crate::text::time::{Clock, latency};

/// How wide a slot is in the picture, and how high that is.
const STEP: usize = 8;
const HEIGHT: f64 = 180.0;

/// Lines for the median and for 95 %.
#[derive(Debug)]
pub(super) struct LatencyChart {
    pub p50: String,
    pub p95: String,
    /// The newest values.
    pub now: Option<(String, String)>,
    /// The highest value that is drawn.
    pub highest: String,
    pub middle: String,
    pub top: String,
    pub start: Option<Clock>,
    pub end: Option<Clock>,
    /// What 95 % are to stay below: where its line is, and the value.
    pub objective: Option<(i64, String)>,
}

impl LatencyChart {
    /// None where nothing is known.
    pub(super) fn new(latencies: &Timed<Latency>, slo: Option<&Slo>) -> Option<Self> {
        let Latency { p50, p95, .. } = &latencies.of;
        let highest = plot::top(p50.iter().chain(p95));
        if highest <= 0.0 {
            return None;
        }
        let top = plot::axis(highest);
        let newest = |values: &[Option<f64>]| values.iter().rev().find_map(|value| *value);
        let objective = slo.and_then(|slo| slo.latency_objective_seconds);
        let slots = p50.len().max(p95.len());
        let end = latencies
            .start
            .zip(latencies.slot_seconds)
            .and_then(|(start, seconds)| {
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_precision_loss,
                    reason = "slots are few, and seconds whole"
                )]
                let length = (seconds * slots as f64) as i64;
                jiff::Timestamp::from_second(start.as_second().checked_add(length)?).ok()
            });
        Some(Self {
            p50: plot::line(p50, STEP, top, HEIGHT),
            p95: plot::line(p95, STEP, top, HEIGHT),
            now: newest(p50)
                .zip(newest(p95))
                .map(|(p50, p95)| (latencies.of.words(p50), latencies.of.words(p95))),
            highest: latency(highest),
            middle: latency(top / 2.0),
            top: latency(top),
            start: latencies.start.map(Clock::new),
            end: end.map(Clock::new),
            objective: objective
                .filter(|objective| *objective <= top)
                .map(|it| (plot::level(it, top, HEIGHT), latency(it))),
        })
    }
}

/// A part of a probe.
#[derive(Debug)]
pub(super) struct Phase {
    pub name: &'static str,
    pub text: String,
    /// Of the longest, 0 to 100.
    pub length: i64,
}

pub(super) fn phases(phases: &Phases) -> Vec<Phase> {
    let all = [
        ("Name look-up", phases.dns),
        ("Connection", phases.connect),
        ("TLS handshake", phases.tls),
        ("First byte", phases.first_byte),
        ("Transfer", phases.transfer),
    ];
    let longest = plot::top(all.iter().map(|(_, seconds)| seconds));
    let known = all.into_iter().filter_map(|(name, seconds)| {
        let seconds = seconds.filter(|it| it.is_finite() && *it >= 0.0)?;
        #[expect(clippy::cast_possible_truncation, reason = "at most 100")]
        let length = (100.0 * seconds / longest.max(f64::MIN_POSITIVE)) as i64;
        Some(Phase {
            name,
            text: latency(seconds),
            length: length.clamp(1, 100),
        })
    });
    known.collect()
}
