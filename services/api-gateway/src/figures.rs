//! Counts of probes as answers show them.

use serde::{Serialize, Serializer};
use utoipa::ToSchema;

use crate::availability::{Counts, whole};

/// Counts of probes and what they come to.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Figures {
    /// Probes that succeeded.
    #[serde(serialize_with = "count")]
    #[schema(minimum = 0, example = 1999)]
    pub success: f64,
    /// Probes that failed.
    #[serde(serialize_with = "count")]
    #[schema(minimum = 0, example = 1)]
    pub failures: f64,
    /// The availability with two decimals, cut, not rounded: `100.00%` means that no probe failed. Null without data.
    #[schema(
        required = true,
        example = "99.95%",
        pattern = r"^(100\.00|[0-9]{1,2}\.[0-9]{2})%$"
    )]
    pub availability: Option<String>,
    /// The availability in percent. Null without data.
    #[schema(required = true, minimum = 0, maximum = 100, example = 99.95)]
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

/// A count. Whole numbers are written as such, `20` and not `20.0`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Count(pub(crate) f64);

impl Serialize for Count {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match whole(self.0) {
            Some(whole) => serializer.serialize_u64(whole),
            None => serializer.serialize_f64(self.0),
        }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
pub(crate) fn count<S: Serializer>(count: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    Count(*count).serialize(serializer)
}

pub(crate) fn counts<S: Serializer>(counts: &[f64], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(counts.iter().map(|count| Count(*count)))
}
