//! `GET /uptime-summary` and `GET /uptime-summary-windowed`: counts of probes, and the availability calculated from them,
//! `success / (success + failure)`.

use std::ops::AddAssign;

use serde::{Deserialize, Serialize};

use crate::json::{count, floor, nullable, whole};

/// Availability by target and in total.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Summary {
    /// The targets, in the order of the configuration.
    pub targets: Vec<TargetSummary>,
    /// All targets together.
    pub total: Figures,
    /// The agents that did not answer, by place or URL. Their last counts are included for 30 s, and missing after that.
    pub partial: Vec<String>,
}

/// The availability of one target.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TargetSummary {
    /// The target's name: the `target` label of its metrics.
    pub target: String,
    /// The target's URL, a password replaced by `xxxxx`.
    pub url: String,
    /// The target's counts and availability.
    #[serde(flatten)]
    pub figures: Figures,
}

/// Availability over a window, by target and in total.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WindowedSummary {
    /// The window as the request gave it.
    #[cfg_attr(feature = "openapi", schema(example = "5m"))]
    pub window: String,
    /// The availability. It comes from Prometheus, not from the agents, so `partial` is empty.
    #[serde(flatten)]
    pub summary: Summary,
}

/// Counts of probes, and the availability calculated from them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Figures {
    /// Probes that succeeded.
    #[serde(serialize_with = "count")]
    #[cfg_attr(feature = "openapi", schema(minimum = 0, example = 1999))]
    pub success: f64,
    /// Probes that failed.
    #[serde(serialize_with = "count")]
    #[cfg_attr(feature = "openapi", schema(minimum = 0, example = 1))]
    pub failures: f64,
    /// The availability with two decimals, truncated: `100.00%` means that no probe failed. Null without data.
    #[serde(deserialize_with = "nullable")]
    #[cfg_attr(
        feature = "openapi",
        schema(
            required = true,
            example = "99.95%",
            pattern = r"^(100\.00|[0-9]{1,2}\.[0-9]{2})%$"
        )
    )]
    pub availability: Option<String>,
    /// The availability in percent. Null without data.
    #[serde(deserialize_with = "nullable")]
    #[cfg_attr(
        feature = "openapi",
        schema(required = true, minimum = 0, maximum = 100, example = 99.95)
    )]
    pub availability_percent: Option<f64>,
}

impl From<Counts> for Figures {
    fn from(counts: Counts) -> Self {
        Self {
            success: counts.success,
            failures: counts.failures,
            availability: counts.text(),
            availability_percent: counts.percent(),
        }
    }
}

/// Counts of probes by result: whole numbers, unless a custom recording rule gives fractions.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Counts {
    /// Probes that succeeded.
    pub success: f64,
    /// Probes that failed.
    pub failures: f64,
}

impl Counts {
    /// Returns the availability, 0 to 1; `None` without a probe.
    #[must_use]
    pub fn ratio(self) -> Option<f64> {
        let probes = self.success + self.failures;
        (probes > 0.0).then(|| self.success / probes)
    }

    /// Returns the availability in percent, 0 to 100; `None` without a probe.
    #[must_use]
    pub fn percent(self) -> Option<f64> {
        let probes = self.success + self.failures;
        (probes > 0.0).then(|| 100.0 * self.success / probes)
    }

    /// Returns the availability as text with two decimals, such as `99.95%`; `None` without a probe. It is truncated:
    /// `100.00%` means that no probe failed.
    #[must_use]
    pub fn text(self) -> Option<String> {
        let hundredths = self.hundredths()?;
        Some(format!("{}.{:02}%", hundredths / 100, hundredths % 100))
    }

    /// Returns the availability in hundredths of a percent, truncated.
    fn hundredths(self) -> Option<u64> {
        let percent = self.percent()?;
        if self.failures == 0.0 {
            return Some(10_000);
        }
        let cut = match (whole(self.success), whole(self.failures)) {
            (Some(success), Some(failures)) => {
                let (success, failures) = (u128::from(success), u128::from(failures));
                u64::try_from(success * 10_000 / (success + failures)).unwrap_or_default()
            }
            // Sums of fractions have rounding errors: 199.9 of 200 is 99.95 %, not 99.94 %.
            _ => floor(percent.mul_add(100.0, 1e-7)),
        };
        Some(cut.min(9_999))
    }
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.success += other.success;
        self.failures += other.failures;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn counts(success: f64, failures: f64) -> Counts {
        Counts { success, failures }
    }

    fn text(success: f64, failures: f64) -> Option<String> {
        counts(success, failures).text()
    }

    #[test]
    fn the_text_is_truncated_not_rounded() {
        assert_eq!(text(1999.0, 1.0).as_deref(), Some("99.95%"));
        assert_eq!(text(999_999.0, 1.0).as_deref(), Some("99.99%"));
        assert_eq!(text(1e15, 1.0).as_deref(), Some("99.99%"));
        assert_eq!(text(2.0, 1.0).as_deref(), Some("66.66%"));
        assert_eq!(text(1.0, 99.0).as_deref(), Some("1.00%"));
        assert_eq!(text(0.0, 3.0).as_deref(), Some("0.00%"));
        assert_eq!(text(3.0, 0.0).as_deref(), Some("100.00%"));
    }

    #[test]
    fn fractions_are_truncated_like_their_exact_value() {
        assert_eq!(text(199.9, 0.1).as_deref(), Some("99.95%"));
        assert_eq!(text(19.3, 0.0).as_deref(), Some("100.00%"));
        assert_eq!(text(19.3, 1e-11).as_deref(), Some("99.99%"));
    }

    #[test]
    fn without_probes_there_is_no_availability() {
        assert_eq!(text(0.0, 0.0), None);
        assert_eq!(counts(0.0, 0.0).percent(), None);
    }

    #[test]
    fn the_percentage_is_the_ratio_of_successes() {
        assert_eq!(counts(3.0, 1.0).percent(), Some(75.0));
        assert_eq!(counts(0.0, 1.0).percent(), Some(0.0));
    }

    proptest! {
        #[test]
        fn the_text_is_never_above_the_number_nor_a_hundredth_below(
            success in 0_u32..2_000_000,
            failures in 0_u32..2_000,
        ) {
            prop_assume!(success + failures > 0);
            let counts = counts(f64::from(success), f64::from(failures));
            let text: f64 = counts.text().unwrap().trim_end_matches('%').parse().unwrap();
            let percent = counts.percent().unwrap();
            prop_assert!(text <= percent + 1e-9 && percent - text < 0.01 + 1e-9);
            prop_assert_eq!(text == 100.0, failures == 0);
        }
    }
}
