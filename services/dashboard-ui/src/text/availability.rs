//! The availability of a range, and how much of the range it covers.

use gateway_api::availability::Figures;
use gateway_api::history::{SlotsHead, TargetHistory};
use jiff::Timestamp;

use super::time::Clock;
use super::words::percent;

/// The availability of a range as a page shows it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Availability {
    /// `99.95%`; `None` without a probe.
    pub text: Option<String>,
    /// When the target was first watched, if that was within the range.
    pub since: Option<Clock>,
    /// The share of the due probes whose result is known, if some are missing.
    pub coverage: Option<String>,
}

impl Availability {
    /// Returns the availability over a history.
    pub(crate) fn of(history: &TargetHistory, slots: &SlotsHead) -> Self {
        let overall = &history.overall;
        let since = history.watched_since;
        Self {
            text: overall.availability.clone(),
            since: since.filter(|it| *it > slots.started_at).map(Clock::new),
            coverage: overall.coverage_ratio.and_then(incomplete),
        }
    }

    /// Returns the availability over a window that starts at `start`.
    pub(crate) fn over(
        figures: &Figures,
        coverage: Option<f64>,
        start: Timestamp,
        watched_since: Option<Timestamp>,
    ) -> Self {
        Self {
            text: figures.availability.clone(),
            since: watched_since.filter(|it| *it > start).map(Clock::new),
            coverage: coverage.and_then(incomplete),
        }
    }
}

/// Formats a coverage below 100 %.
fn incomplete(coverage: f64) -> Option<String> {
    (coverage < 1.0).then(|| percent(coverage))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_incomplete_coverage_is_shown() {
        assert_eq!(incomplete(1.0), None);
        assert_eq!(incomplete(0.9999).as_deref(), Some("99%"));
        assert_eq!(incomplete(0.001).as_deref(), Some("< 1%"));
        assert_eq!(incomplete(0.0).as_deref(), Some("0%"));
    }
}
