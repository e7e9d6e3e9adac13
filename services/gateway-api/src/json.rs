//! Serialization of fields for which serde's default does not fit.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// 2^53: `f64` represents all whole numbers below it exactly.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// Deserializes a field that may be null but must be present. By default, serde reads an absent field as `None`.
pub(crate) fn nullable<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    Option::deserialize(deserializer)
}

/// Returns a count as an integer if it is a whole number that `f64` represents exactly.
pub(crate) fn whole(count: f64) -> Option<u64> {
    ((0.0..EXACT).contains(&count) && count.fract() == 0.0).then(|| floor(count))
}

/// Returns the largest integer that is not above the number.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "only called with small numbers that are not negative; `as` would saturate"
)]
pub(crate) fn floor(number: f64) -> u64 {
    number.floor() as u64
}

/// A count. Whole numbers serialize without a fraction: `20`, not `20.0`.
struct Count(f64);

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

pub(crate) fn counts_by_name<S: Serializer>(
    counts: &BTreeMap<String, f64>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_map(counts.iter().map(|(name, count)| (name, Count(*count))))
}

pub(crate) fn nullable_counts_by_name<S: Serializer>(
    counts: &Option<BTreeMap<String, f64>>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match counts {
        Some(counts) => counts_by_name(counts, serializer),
        None => serializer.serialize_none(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::status::Source;

    #[test]
    fn a_nullable_field_must_be_present() {
        let read = serde_json::from_value::<Source>;
        let null = read(json!({"name": "prometheus", "ok": true, "detail": null})).unwrap();
        assert_eq!(null.detail, None);
        let error = read(json!({"name": "prometheus", "ok": true})).unwrap_err();
        assert!(
            error.to_string().contains("missing field `detail`"),
            "{error}"
        );
    }
}
