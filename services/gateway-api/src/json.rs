//! How fields are written and read where serde's default does not fit.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::availability::whole;

/// Reads a field that may be null but must be present. Without this, serde reads an absent field as `None`.
pub(crate) fn nullable<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    Option::deserialize(deserializer)
}

/// A count. Whole numbers are written as such, `20` and not `20.0`.
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
    fn a_nullable_field_has_to_be_present() {
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
