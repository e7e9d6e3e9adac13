//! Limits on the lists and maps of a response, for serde's `deserialize_with`. They are necessary because a short text can
//! be a large value in memory.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};

/// Deserializes a list of at most `MAX` elements.
///
/// # Errors
/// The list is longer, or an element is not a `T`.
pub fn list<'de, D, T, const MAX: usize>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    struct List<T, const MAX: usize>(PhantomData<T>);
    impl<'de, T: Deserialize<'de>, const MAX: usize> Visitor<'de> for List<T, MAX> {
        type Value = Vec<T>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "a list of at most {MAX} elements")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Vec<T>, A::Error> {
            let mut list = Vec::new();
            while let Some(element) = elements.next_element()? {
                if list.len() == MAX {
                    return Err(Error::invalid_length(MAX + 1, &self));
                }
                list.push(element);
            }
            Ok(list)
        }
    }
    deserializer.deserialize_seq(List::<T, MAX>(PhantomData))
}

/// Deserializes a map of strings and keeps the first `MAX`. It is for values that are only shown: they need not be
/// complete, and an alert with many labels must not make the whole response invalid.
///
/// # Errors
/// A value is not a string.
pub fn texts<'de, D, const MAX: usize>(
    deserializer: D,
) -> Result<BTreeMap<String, String>, D::Error>
where
    D: Deserializer<'de>,
{
    struct Texts<const MAX: usize>;
    impl<'de, const MAX: usize> Visitor<'de> for Texts<MAX> {
        type Value = BTreeMap<String, String>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a map of strings")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
            let mut texts = BTreeMap::new();
            while let Some((name, text)) = entries.next_entry()? {
                if texts.len() < MAX {
                    texts.insert(name, text);
                }
            }
            Ok(texts)
        }
    }
    deserializer.deserialize_map(Texts::<MAX>)
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    #[derive(Deserialize)]
    struct Body {
        #[serde(default, deserialize_with = "super::list::<_, _, 2>")]
        numbers: Vec<u8>,
        #[serde(default, deserialize_with = "super::texts::<_, 1>")]
        labels: std::collections::BTreeMap<String, String>,
    }

    #[test]
    fn a_list_that_is_too_long_is_rejected_with_its_limit() {
        let read = serde_json::from_str::<Body>;
        assert_eq!(read(r#"{"numbers": [1, 2]}"#).unwrap().numbers, [1, 2]);
        let error = read(r#"{"numbers": [1, 2, 3]}"#).err().unwrap().to_string();
        assert!(error.contains("a list of at most 2 elements"), "{error}");
    }

    #[test]
    fn only_the_first_strings_are_kept() {
        let body: Body = serde_json::from_str(r#"{"labels": {"b": "1", "a": "2"}}"#).unwrap();
        assert_eq!(body.labels.into_keys().collect::<Vec<_>>(), ["b"]);
    }
}
