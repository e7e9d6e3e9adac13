//! `GET /api/v1/history`, `GET /api/v1/latency` and `GET /api/v1/phases`: each target's figures from Prometheus.

use std::collections::BTreeMap;
use std::sync::Arc;

use http_client::at_most;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::PAGE_MAX;
use crate::json::{counts, counts_by_name, nullable};

/// The number of slots in a range.
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

/// The slots of an answer: equal parts of the range.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SlotsHead {
    /// The range.
    #[cfg_attr(feature = "openapi", schema(value_type = String, example = "24h"))]
    pub range: Range,
    /// When the first slot begins.
    pub start: Timestamp,
    /// The length of each slot, in seconds.
    #[cfg_attr(feature = "openapi", schema(minimum = 1))]
    pub slot_seconds: i64,
    /// The number of slots. Slot `i` begins at `start + i * slot_seconds`.
    #[cfg_attr(feature = "openapi", schema(minimum = 1))]
    pub slots: usize,
}

/// Availability by slot.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct HistoryAnswer {
    /// The time of this answer.
    pub generated_at: Timestamp,
    /// The slots.
    #[serde(flatten)]
    pub slots: SlotsHead,
    /// `after` of the next page; null on the last.
    #[serde(deserialize_with = "nullable")]
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub next: Option<String>,
    /// The matching targets, in the order of the configuration.
    #[serde(deserialize_with = "at_most::list::<_, _, PAGE_MAX>")]
    pub targets: Vec<TargetHistory>,
}

/// One target's slots. A slot without data has no availability and no coverage: it is unknown, not up.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TargetHistory {
    /// The target's name.
    pub target: Arc<str>,
    /// Successful probes divided by successful and failed probes; null if there were none.
    #[serde(deserialize_with = "at_most::list::<_, _, SLOTS>")]
    #[cfg_attr(feature = "openapi", schema(min_items = 90, max_items = 90))]
    pub availability: Vec<Option<f64>>,
    /// The share of the due probes whose outcome is known. The rest of the slot is unknown.
    #[serde(deserialize_with = "at_most::list::<_, _, SLOTS>")]
    #[cfg_attr(feature = "openapi", schema(min_items = 90, max_items = 90))]
    pub coverage: Vec<f64>,
    /// The share of the slot that was maintenance.
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
    /// The whole range up to now, with the same numbers as `/uptime-summary-windowed`.
    pub overall: Overall,
}

/// One target over a whole range.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Overall {
    /// The availability with two decimals, truncated. Null without data.
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
    /// The share of the due probes whose outcome is known; null if the number of due probes is unknown.
    #[serde(deserialize_with = "nullable")]
    #[cfg_attr(feature = "openapi", schema(required = true, minimum = 0, maximum = 1))]
    pub coverage: Option<f64>,
}

/// Latency by slot.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LatencyAnswer {
    /// The time of this answer.
    pub generated_at: Timestamp,
    /// The slots.
    #[serde(flatten)]
    pub slots: SlotsHead,
    /// `after` of the next page; null on the last.
    #[serde(deserialize_with = "nullable")]
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub next: Option<String>,
    /// The matching targets, in the order of the configuration.
    #[serde(deserialize_with = "at_most::list::<_, _, PAGE_MAX>")]
    pub targets: Vec<TargetLatency>,
}

/// One target's latency in seconds: a quantile measured over 5 minutes, averaged over each slot. Null if there was no
/// response. A value that equals `at_most_seconds` is an upper bound, not a measurement.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TargetLatency {
    /// The target's name.
    pub target: Arc<str>,
    /// The median.
    #[serde(deserialize_with = "at_most::list::<_, _, SLOTS>")]
    #[cfg_attr(feature = "openapi", schema(min_items = 90, max_items = 90))]
    pub p50: Vec<Option<f64>>,
    /// The 95th percentile.
    #[serde(deserialize_with = "at_most::list::<_, _, SLOTS>")]
    #[cfg_attr(feature = "openapi", schema(min_items = 90, max_items = 90))]
    pub p95: Vec<Option<f64>>,
    /// The bound of the lowest latency bucket. The histogram does not distinguish faster responses, so no value is below
    /// the bound, and a value equal to it means "at most this".
    pub at_most_seconds: f64,
}

/// Mean durations of phases, and failures by reason.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PhasesAnswer {
    /// The time of this answer.
    pub generated_at: Timestamp,
    /// `after` of the next page; null on the last.
    #[serde(deserialize_with = "nullable")]
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub next: Option<String>,
    /// The matching targets, in the order of the configuration.
    #[serde(deserialize_with = "at_most::list::<_, _, PAGE_MAX>")]
    pub targets: Vec<TargetPhasesAnswer>,
}

/// One target's phases and failures over the last 5 minutes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TargetPhasesAnswer {
    /// The target's name.
    pub target: Arc<str>,
    /// The mean duration of each phase.
    pub phases: PhaseSeconds,
    /// Failed probes by reason. Reasons without failures are omitted.
    #[serde(serialize_with = "counts_by_name")]
    pub reasons: BTreeMap<String, f64>,
}

/// Mean duration of each phase in seconds; null if no probe completed the phase.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PhaseSeconds {
    /// Resolving the host name.
    #[serde(deserialize_with = "nullable")]
    #[cfg_attr(feature = "openapi", schema(required = true, minimum = 0))]
    pub dns: Option<f64>,
    /// Opening the connection.
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
    /// From the first to the last byte of the response.
    #[serde(deserialize_with = "nullable")]
    #[cfg_attr(feature = "openapi", schema(required = true, minimum = 0))]
    pub transfer: Option<f64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_match_their_json() {
        for (name, range) in Range::ALL {
            assert_eq!(range.as_str(), name);
            assert_eq!(Range::parse(name), Some(range));
            assert_eq!(serde_json::to_value(range).unwrap(), name);
        }
    }
}
