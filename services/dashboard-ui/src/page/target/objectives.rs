//! What a target is to achieve, and what has become of it.

use service_kit::RECORDED_WINDOWS;

use crate::gateway::history::{Shares, Slo, Spell};
use crate::time::{in_full, latency};
use crate::words::budget;

/// Objectives and windows. All of it is none where nobody knows.
#[derive(Debug, Default)]
pub(super) struct Objectives {
    pub availability: Option<String>,
    pub latency: Option<String>,
    pub budget: Option<(String, bool)>,
    pub windows: Vec<Window>,
}

/// What happened in a window that ends now.
#[derive(Debug)]
pub(super) struct Window {
    pub name: String,
    pub availability: Option<String>,
    pub coverage: Option<String>,
    pub shares: Option<[String; 4]>,
    /// The same as a bar: where each part begins and how long it is, of 1,000.
    pub bar: Vec<(&'static str, i64, i64)>,
    pub burn_rate: Option<String>,
}

impl Objectives {
    pub(super) fn new(slo: Option<&Slo>) -> Self {
        let Some(slo) = slo else {
            return Self::default();
        };
        let windows = RECORDED_WINDOWS.iter().filter_map(|window| {
            let spell = slo.windows.get(*window)?;
            Some(Window::new(in_full(window), spell))
        });
        Self {
            availability: slo.slo_objective.map(objective),
            latency: slo.latency_objective_seconds.map(latency),
            budget: slo.error_budget_remaining_ratio.map(budget),
            windows: windows.collect(),
        }
    }
}

impl Window {
    fn new(name: String, spell: &Spell) -> Self {
        let shares = spell.shares.as_ref().and_then(all);
        Self {
            name,
            availability: spell.availability.clone(),
            coverage: spell.coverage.map(share),
            bar: shares.map_or_else(Vec::new, stretches),
            shares: shares.map(|shares| shares.map(share)),
            burn_rate: spell.burn_rate.map(|rate| format!("{rate:.2}")),
        }
    }
}

/// All four, or none.
fn all(shares: &Shares) -> Option<[f64; 4]> {
    Some([
        shares.up?,
        shares.down?,
        shares.maintenance?,
        shares.unknown?,
    ])
}

fn stretches(shares: [f64; 4]) -> Vec<(&'static str, i64, i64)> {
    let kinds = ["up", "down", "maintenance", "unknown"];
    let mut start = 0.0;
    let stretches = kinds.into_iter().zip(shares).map(|(kind, share)| {
        let from = start;
        start += share;
        #[expect(clippy::cast_possible_truncation, reason = "a part of 1,000")]
        let at = |value: f64| (value * 1_000.0).round() as i64;
        (kind, at(from), at(start) - at(from))
    });
    stretches.filter(|(_, _, length)| *length > 0).collect()
}

/// A part of the time, to a hundredth of a percent.
fn share(ratio: f64) -> String {
    format!("{:.2}%", ratio * 100.0)
}

/// An objective with as many digits as it has.
fn objective(ratio: f64) -> String {
    let text = format!("{:.6}", ratio * 100.0);
    format!("{}%", text.trim_end_matches('0').trim_end_matches('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objectives_keep_their_digits() {
        for (ratio, text) in [(0.999, "99.9%"), (0.99995, "99.995%"), (0.9, "90%")] {
            assert_eq!(objective(ratio), text);
        }
    }

    #[test]
    fn the_parts_of_a_bar_meet() {
        assert_eq!(
            stretches([0.3333, 0.3333, 0.0, 0.3334]),
            [("up", 0, 333), ("down", 333, 334), ("unknown", 667, 333)]
        );
    }
}
