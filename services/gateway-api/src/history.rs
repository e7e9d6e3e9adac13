//! `GET /api/v1/history`, `GET /api/v1/latency` and `GET /api/v1/phases`: figures of each target that Prometheus keeps.

use std::collections::BTreeMap;
use std::sync::Arc;

use http_client::at_most;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::PAGE_MAX;
use crate::json::{counts, counts_by_name, nullable};

/// How many slots a range has.
pub const SLOTS: usize = 90;

/// Defines [`Range`] from the name of each range in JSON and queries, the shortest range first.
macro_rules! ranges {
    ($($(#[$attribute:meta])* $range:ident = $name:literal,)+) => {
        /// The time that a history covers, up to now.
        #[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum Range {
            $($(#[$attribute])* #[serde(rename = $name)] $range,)+
        }

        impl Range {
            /// All ranges with their names, the shortest first.
            pub const ALL: [(&str, Self); [$($name),+].len()] = [$(($name, Self::$range)),+];

            /// Returns the range's name, such as `24h`.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$range => $name,)+
                }
            }
        }
    };
}

ranges! {
    /// 24 hours.
    #[default]
    Day = "24h",
    /// 7 days.
    Week = "7d",
    /// 14 days.
    Fortnight = "14d",
    /// 30 days.
    Month = "30d",
    /// 90 days.
    Quarter = "90d",
    /// 365 days.
    Year = "365d",
}

impl Range {
    /// The ranges that every gateway offers, because no retention is shorter.
    pub const SHORTEST: [Self; 3] = [Self::Day, Self::Week, Self::Fortnight];

    /// Parses a range's name; returns `None` for any other text.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let range = Self::ALL.into_iter().find(|(name, _)| *name == text);
        range.map(|(_, range)| range)
    }
}

/// The slots of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SlotsHead {
    /// The range.
    #[cfg_attr(feature = "openapi", schema(value_type = String, example = "24h"))]
    pub range: Range,
    /// When the first slot begins.
    pub start: Timestamp,
    /// How long each of them is.
    #[cfg_attr(feature = "openapi", schema(minimum = 1))]
    pub slot_seconds: i64,
    /// How many there are: slot `i` begins at `start + i * slot_seconds`.
    #[cfg_attr(feature = "openapi", schema(minimum = 1))]
    pub slots: usize,
}

/// Availability by slot.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct HistoryAnswer {
    /// When this answer was made.
    pub generated_at: Timestamp,
    /// The slots.
    #[serde(flatten)]
    pub slots: SlotsHead,
    /// `after` of the next page; null on the last.
    #[serde(deserialize_with = "nullable")]
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub next: Option<String>,
    /// Those that match, in the order of the configuration.
    #[serde(deserialize_with = "at_most::list::<_, _, PAGE_MAX>")]
    pub targets: Vec<TargetHistory>,
}

/// One target's slots. A slot of which nothing is known has no availability and no coverage: it is unknown, not up.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TargetHistory {
    /// Its name.
    pub target: Arc<str>,
    /// The ratio of the probes that succeeded, of those that succeeded or failed; null where there were none.
    #[serde(deserialize_with = "at_most::list::<_, _, SLOTS>")]
    #[cfg_attr(feature = "openapi", schema(min_items = 90, max_items = 90))]
    pub availability: Vec<Option<f64>>,
    /// The share of the probes due of which the outcome is known. The rest of the slot is unknown.
    #[serde(deserialize_with = "at_most::list::<_, _, SLOTS>")]
    #[cfg_attr(feature = "openapi", schema(min_items = 90, max_items = 90))]
    pub coverage: Vec<f64>,
    /// The share of the slot in maintenance.
    #[serde(deserialize_with = "at_most::list::<_, _, SLOTS>")]
    #[cfg_attr(feature = "openapi", schema(min_items = 90, max_items = 90))]
    pub maintenance: Vec<f64>,
    /// Probes that succeeded.
    #[serde(serialize_with = "counts")]
    #[serde(deserialize_with = "at_most::list::<_, _, SLOTS>")]
    #[cfg_attr(feature = "openapi", schema(min_items = 90, max_items = 90))]
    pub success: Vec<f64>,
    /// Probes that failed.
    #[serde(serialize_with = "counts")]
    #[serde(deserialize_with = "at_most::list::<_, _, SLOTS>")]
    #[cfg_attr(feature = "openapi", schema(min_items = 90, max_items = 90))]
    pub failures: Vec<f64>,
    /// The whole range, up to now: the numbers of `/uptime-summary-windowed`.
    pub overall: Overall,
}

/// One target over a whole range.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Overall {
    /// The availability with two decimals, cut, not rounded. Null without data.
    #[serde(deserialize_with = "nullable")]
    #[cfg_attr(feature = "openapi", schema(required = true, example = "99.95%"))]
    pub availability: Option<String>,
    /// The availability in percent. Null without data.
    #[serde(deserialize_with = "nullable")]
    #[cfg_attr(
        feature = "openapi",
        schema(required = true, minimum = 0, maximum = 100)
    )]
    pub availability_percent: Option<f64>,
    /// The share of the probes due of which the outcome is known; null where it is not known how many were due.
    #[serde(deserialize_with = "nullable")]
    #[cfg_attr(feature = "openapi", schema(required = true, minimum = 0, maximum = 1))]
    pub coverage: Option<f64>,
}

/// Latency by slot.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LatencyAnswer {
    /// When this answer was made.
    pub generated_at: Timestamp,
    /// The slots.
    #[serde(flatten)]
    pub slots: SlotsHead,
    /// `after` of the next page; null on the last.
    #[serde(deserialize_with = "nullable")]
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub next: Option<String>,
    /// Those that match, in the order of the configuration.
    #[serde(deserialize_with = "at_most::list::<_, _, PAGE_MAX>")]
    pub targets: Vec<TargetLatency>,
}

/// One target's latency, in seconds: the mean over each slot of a quantile that is measured over 5 minutes. Null where
/// there was no response. A value that equals `at_most_seconds` is an upper bound, not a measurement.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TargetLatency {
    /// Its name.
    pub target: Arc<str>,
    /// The median.
    #[serde(deserialize_with = "at_most::list::<_, _, SLOTS>")]
    #[cfg_attr(feature = "openapi", schema(min_items = 90, max_items = 90))]
    pub p50: Vec<Option<f64>>,
    /// The 95th percentile.
    #[serde(deserialize_with = "at_most::list::<_, _, SLOTS>")]
    #[cfg_attr(feature = "openapi", schema(min_items = 90, max_items = 90))]
    pub p95: Vec<Option<f64>>,
    /// The bound of the lowest latency bucket. Faster responses are not told apart, so no value is below it, and one that
    /// equals it means "at most this".
    pub at_most_seconds: f64,
}

/// Phases and reasons.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PhasesAnswer {
    /// When this answer was made.
    pub generated_at: Timestamp,
    /// `after` of the next page; null on the last.
    #[serde(deserialize_with = "nullable")]
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub next: Option<String>,
    /// Those that match, in the order of the configuration.
    #[serde(deserialize_with = "at_most::list::<_, _, PAGE_MAX>")]
    pub targets: Vec<TargetPhasesAnswer>,
}

/// One target's phases and reasons, over the last 5 minutes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TargetPhasesAnswer {
    /// Its name.
    pub target: Arc<str>,
    /// The time that its probes spent in each phase.
    pub phases: PhaseSeconds,
    /// Failed probes by reason. Reasons for which none failed are left out.
    #[serde(serialize_with = "counts_by_name")]
    pub reasons: BTreeMap<String, f64>,
}

/// Mean seconds of each phase; null where no probe went through it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PhaseSeconds {
    /// Looking the name up.
    #[serde(deserialize_with = "nullable")]
    #[cfg_attr(feature = "openapi", schema(required = true, minimum = 0))]
    pub dns: Option<f64>,
    /// Making the connection.
    #[serde(deserialize_with = "nullable")]
    #[cfg_attr(feature = "openapi", schema(required = true, minimum = 0))]
    pub connect: Option<f64>,
    /// The TLS handshake.
    #[serde(deserialize_with = "nullable")]
    #[cfg_attr(feature = "openapi", schema(required = true, minimum = 0))]
    pub tls: Option<f64>,
    /// From the request to the first byte of the response.
    #[serde(deserialize_with = "nullable")]
    #[cfg_attr(feature = "openapi", schema(required = true, minimum = 0))]
    pub first_byte: Option<f64>,
    /// From there to the last.
    #[serde(deserialize_with = "nullable")]
    #[cfg_attr(feature = "openapi", schema(required = true, minimum = 0))]
    pub transfer: Option<f64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_the_ones_that_are_written() {
        for (word, range) in Range::ALL {
            assert_eq!(range.as_str(), word);
            assert_eq!(Range::parse(word), Some(range));
            assert_eq!(serde_json::to_value(range).unwrap(), word);
        }
    }
}
