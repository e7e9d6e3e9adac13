//! What answers over a range have in common.

use jiff::Timestamp;
use serde::Serialize;
use service_kit::Problem;
use utoipa::openapi::{Object, ObjectBuilder, Type};
use utoipa::{IntoParams, ToSchema};

use super::parameters::Parameters;
use crate::prometheus::Retention;
use crate::range::{Range, SLOTS, Slots};

/// Which range is wanted.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct RangeQuery {
    /// How far back.
    #[param(required = false, schema_with = range_schema)]
    pub(super) range: Range,
}

/// The slots of an answer.
#[derive(Debug, Serialize, ToSchema)]
pub struct SlotsHead {
    /// The range.
    #[schema(example = "24h")]
    pub range: &'static str,
    /// When the first slot begins.
    #[schema(value_type = String, format = DateTime)]
    pub start: Timestamp,
    /// How long each of them is.
    #[schema(minimum = 1)]
    pub slot_seconds: i64,
    /// How many there are: slot `i` begins at `start + i * slot_seconds`.
    #[schema(minimum = 1)]
    pub slots: usize,
}

impl RangeQuery {
    /// The parameters that it is read from.
    pub(super) const PARAMETERS: &[&str] = &["range"];

    /// Reads a range within the retention.
    pub(super) fn read(parameters: &Parameters, retention: &Retention) -> Result<Self, Problem> {
        let (names, ranges): (Vec<_>, Vec<_>) = Range::within(retention).unzip();
        let allowed = format!("{} (PROMETHEUS_RETENTION is {retention})", names.join(", "));
        let range = parameters.get("range", allowed, |text| {
            let mut ranges = ranges.into_iter();
            ranges.find(|range| range.as_str() == text)
        })?;
        Ok(Self {
            range: range.unwrap_or_default(),
        })
    }
}

fn range_schema() -> Object {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .default(Some(Range::default().as_str().into()))
        .build()
}

impl From<Slots> for SlotsHead {
    fn from(slots: Slots) -> Self {
        Self {
            range: slots.range.as_str(),
            start: slots.start(),
            slot_seconds: slots.range.slot_seconds(),
            slots: SLOTS,
        }
    }
}
