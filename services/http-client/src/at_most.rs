//! Lists and maps of an answer with a bound on their length: a small text can be a large value. For serde's
//! `deserialize_with`.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};

/// A list of at most `MOST` elements.
///
/// # Errors
/// There are more, or one of them is not a `T`.
pub fn list<'de, D, T, const MOST: usize>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    struct List<T, const MOST: usize>(PhantomData<T>);
    impl<'de, T: Deserialize<'de>, const MOST: usize> Visitor<'de> for List<T, MOST> {
        type Value = Vec<T>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "a list of at most {MOST} elements")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Vec<T>, A::Error> {
            let mut list = Vec::new();
            while let Some(element) = elements.next_element()? {
                if list.len() == MOST {
                    return Err(Error::invalid_length(MOST + 1, &self));
                }
                list.push(element);
            }
            Ok(list)
        }
    }
    deserializer.deserialize_seq(List::<T, MOST>(PhantomData))
}

/// Texts by name: the first `MOST`. What is only shown need not be complete, and one alert with many labels must not hide all
/// others.
///
/// # Errors
/// One of them is no text.
pub fn texts<'de, D, const MOST: usize>(
    deserializer: D,
) -> Result<BTreeMap<String, String>, D::Error>
where
    D: Deserializer<'de>,
{
    struct Texts<const MOST: usize>;
    impl<'de, const MOST: usize> Visitor<'de> for Texts<MOST> {
        type Value = BTreeMap<String, String>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("texts by name")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
            let mut texts = BTreeMap::new();
            while let Some((name, text)) = entries.next_entry()? {
                if texts.len() < MOST {
                    texts.insert(name, text);
                }
            }
            Ok(texts)
        }
    }
    deserializer.deserialize_map(Texts::<MOST>)
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    #[derive(Deserialize)]
    struct Answer {
        #[serde(default, deserialize_with = "super::list::<_, _, 2>")]
        numbers: Vec<u8>,
        #[serde(default, deserialize_with = "super::texts::<_, 1>")]
        labels: std::collections::BTreeMap<String, String>,
    }

    #[test]
    fn a_list_that_is_too_long_is_refused_and_the_message_names_the_bound() {
        let read = serde_json::from_str::<Answer>;
        assert_eq!(read(r#"{"numbers": [1, 2]}"#).unwrap().numbers, [1, 2]);
        let error = read(r#"{"numbers": [1, 2, 3]}"#).err().unwrap().to_string();
        assert!(error.contains("a list of at most 2 elements"), "{error}");
    }

    #[test]
    fn of_many_texts_the_first_are_kept() {
        let answer: Answer = serde_json::from_str(r#"{"labels": {"b": "1", "a": "2"}}"#).unwrap();
        assert_eq!(answer.labels.into_keys().collect::<Vec<_>>(), ["b"]);
    }
}
