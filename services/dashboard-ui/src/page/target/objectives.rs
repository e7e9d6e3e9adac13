//! A target's objectives, error budget, and figures by window.

use gateway_api::slo::{Shares, TargetSlo, WindowFigures};

use crate::text::time::{in_full, latency};
use crate::text::words::budget;

/// Objectives and windows; empty if the gateway sent none.
#[derive(Debug, Default)]
pub(super) struct Objectives {
    pub availability: Option<String>,
    pub latency: Option<String>,
    pub budget: Option<(String, bool)>,
    pub windows: Vec<Window>,
}

/// The figures of a window that ends now.
#[derive(Debug)]
pub(super) struct Window {
    pub name: String,
    pub availability: Option<String>,
    pub shares: [String; 4],
    /// The shares as a bar of length 1,000: kind, start and length of each part.
    pub bar: Vec<(&'static str, i64, i64)>,
    pub burn_rate: Option<String>,
}

impl Objectives {
    pub(super) fn new(slo: Option<&TargetSlo>) -> Self {
        let Some(slo) = slo else {
            return Self::default();
        };
        let windows = slo.windows.iter();
        Self {
            availability: slo.slo_objective.map(objective),
            latency: slo.latency_objective_seconds.map(latency),
            budget: slo.error_budget_remaining_ratio.map(budget),
            windows: windows.map(|(label, it)| Window::new(label, it)).collect(),
        }
    }
}

impl Window {
    fn new(label: &str, figures: &WindowFigures) -> Self {
        let Shares {
            up,
            down,
            maintenance,
            unknown,
        } = figures.shares;
        let shares = [up, down, maintenance, unknown];
        Self {
            name: in_full(label),
            availability: figures.figures.availability.clone(),
            shares: shares.map(share),
            bar: parts(shares),
            burn_rate: figures.burn_rate.map(|rate| format!("{rate:.2}")),
        }
    }
}

/// Returns the parts of the bar of shares.
fn parts(shares: [f64; 4]) -> Vec<(&'static str, i64, i64)> {
    let kinds = ["up", "down", "maintenance", "unknown"];
    let mut start = 0.0;
    let parts = kinds.into_iter().zip(shares).map(|(kind, share)| {
        let from = start;
        start += share;
        #[expect(clippy::cast_possible_truncation, reason = "a part of 1,000")]
        let at = |value: f64| (value * 1_000.0).round() as i64;
        (kind, at(from), at(start) - at(from))
    });
    parts.filter(|(_, _, length)| *length > 0).collect()
}

/// Formats a share of a window, to a hundredth of a percent.
fn share(ratio: f64) -> String {
    format!("{:.2}%", ratio * 100.0)
}

/// Formats an objective with all its digits.
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
    fn the_parts_of_a_bar_are_adjacent() {
        assert_eq!(
            parts([0.3333, 0.3333, 0.0, 0.3334]),
            [("up", 0, 333), ("down", 333, 334), ("unknown", 667, 333)]
        );
    }
}
