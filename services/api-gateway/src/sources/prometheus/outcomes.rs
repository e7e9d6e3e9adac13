//! Counts of probes by outcome, and the resulting shares of a window.

use gateway_api::availability::Counts;
use gateway_api::slo::Shares;

/// Counts of probes by outcome. During a maintenance window a probe counts only as maintenance.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Outcomes {
    /// Probes that succeeded.
    pub success: f64,
    /// Probes that failed.
    pub failures: f64,
    /// Probes during a maintenance window, whatever their result.
    pub maintenance: f64,
}

impl Outcomes {
    /// Returns the counts for the availability, without maintenance.
    #[must_use]
    pub fn counts(self) -> Counts {
        Counts {
            success: self.success,
            failures: self.failures,
        }
    }

    /// Returns the number of all probes.
    #[must_use]
    pub fn observed(self) -> f64 {
        self.success + self.failures + self.maintenance
    }

    /// Adds probes to an outcome by its label. Ignores unknown labels.
    pub fn add(&mut self, outcome: &str, probes: f64) {
        let count = match outcome {
            "success" => &mut self.success,
            "failure" => &mut self.failures,
            "maintenance" => &mut self.maintenance,
            _ => return,
        };
        *count += probes.max(0.0);
    }

    /// Returns the shares of a window in each state. `coverage` is the share of the due probes whose outcome is known, 0
    /// to 1; without it the whole window is unknown.
    #[must_use]
    pub fn shares(self, coverage: Option<f64>) -> Shares {
        let observed = self.observed();
        let known = if observed > 0.0 {
            coverage.unwrap_or_default().clamp(0.0, 1.0)
        } else {
            0.0
        };
        let share = |probes: f64| {
            if observed > 0.0 {
                known * (probes / observed)
            } else {
                0.0
            }
        };
        Shares {
            up: share(self.success),
            down: share(self.failures),
            maintenance: share(self.maintenance),
            unknown: 1.0 - known,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_uncovered_share_is_unknown() {
        let outcomes = Outcomes {
            success: 6.0,
            failures: 3.0,
            maintenance: 3.0,
        };
        let shares = outcomes.shares(Some(0.5));
        assert_eq!(
            (shares.up, shares.down, shares.maintenance, shares.unknown),
            (0.25, 0.125, 0.125, 0.5)
        );
        assert_eq!(outcomes.shares(None).unknown, 1.0);
        assert_eq!(Outcomes::default().shares(Some(1.0)).unknown, 1.0);
    }

    #[test]
    fn unknown_outcomes_and_negative_counts_are_ignored() {
        let mut outcomes = Outcomes::default();
        for (outcome, probes) in [("success", 2.0), ("failure", -1.0), ("missed", 5.0)] {
            outcomes.add(outcome, probes);
        }
        assert_eq!(outcomes.observed(), 2.0);
    }

    proptest! {
        #[test]
        fn shares_add_up_to_one(
            success in 0.0..1e7_f64, failures in 0.0..1e7_f64, maintenance in 0.0..1e7_f64,
            coverage in prop::option::of(-0.1..1.1_f64),
        ) {
            let shares = Outcomes { success, failures, maintenance }.shares(coverage);
            let all = [shares.up, shares.down, shares.maintenance, shares.unknown];
            prop_assert!((all.iter().sum::<f64>() - 1.0).abs() < 1e-12, "{shares:?}");
            prop_assert!(all.iter().all(|share| (0.0..=1.0).contains(share)), "{shares:?}");
        }
    }
}
