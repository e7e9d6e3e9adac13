//! One alert as the history knows it, and how two deliveries of it become one.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fmt::{self, Display, Formatter};
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Label or annotation names and their values.
pub type Labels = BTreeMap<String, String>;

/// Whether an alert is still true.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// It is.
    Firing,
    /// It was.
    Resolved,
}

/// What makes two deliveries the same alert: where it comes from, and since when it fires. The order is the
/// history's: newest first, then by fingerprint.
///
/// Its text form, `STARTS_AT,FINGERPRINT`, is the cursor of `GET /api/v1/alerts`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    starts_at: Reverse<Timestamp>,
    fingerprint: String,
}

impl Display for Key {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{},{}", self.starts_at.0, self.fingerprint)
    }
}

/// A text that is no [`Key`].
#[derive(Debug, thiserror::Error)]
#[error("not of the form STARTS_AT,FINGERPRINT")]
pub struct KeyError;

impl FromStr for Key {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        let (starts_at, fingerprint) = text.split_once(',').ok_or(KeyError)?;
        Ok(Self {
            starts_at: Reverse(starts_at.parse().map_err(|_| KeyError)?),
            fingerprint: fingerprint.to_owned(),
        })
    }
}

/// What all deliveries of one alert say together; a single delivery is the smallest such sum. It is a record of
/// the log as it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alert {
    /// Alertmanager's hash of the labels.
    pub fingerprint: String,
    /// When it began to fire.
    pub starts_at: Timestamp,
    /// When it was resolved; `None` while it fires.
    pub ends_at: Option<Timestamp>,
    /// What identifies the alert.
    pub labels: Labels,
    /// What explains it.
    pub annotations: Labels,
    /// The page of the expression that raised it; empty where the sender named none.
    pub generator_url: String,
    /// When the first delivery arrived.
    pub first_received_at: Timestamp,
    /// When the first delivery arrived that said it is resolved.
    pub resolved_received_at: Option<Timestamp>,
}

impl Alert {
    /// What makes two deliveries the same alert.
    #[must_use]
    pub fn key(&self) -> Key {
        Key {
            starts_at: Reverse(self.starts_at),
            fingerprint: self.fingerprint.clone(),
        }
    }

    /// Whether it is still true.
    #[must_use]
    pub fn status(&self) -> Status {
        match self.ends_at {
            None => Status::Firing,
            Some(_) => Status::Resolved,
        }
    }

    /// Takes in what another delivery of the same alert says. Commutative, associative and idempotent, so neither
    /// order nor repetition matters: resolved beats firing, a later end beats an earlier one, and of texts that
    /// still differ the greatest stays; the times of receipt are the earliest.
    #[must_use]
    pub fn merge(&self, other: &Self) -> Self {
        let telling = if other.statement() > self.statement() {
            other
        } else {
            self
        };
        Self {
            first_received_at: self.first_received_at.min(other.first_received_at),
            resolved_received_at: [self.resolved_received_at, other.resolved_received_at]
                .into_iter()
                .flatten()
                .min(),
            ..telling.clone()
        }
    }

    /// Everything but the key and the times of receipt; the greater statement wins.
    fn statement(&self) -> impl Ord + '_ {
        (
            self.ends_at,
            &self.labels,
            &self.annotations,
            &self.generator_url,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{any_delivery, firing, resolved};
    use proptest::prelude::*;

    #[test]
    fn a_late_firing_does_not_reopen_a_resolved_alert() {
        let merged = resolved("a", 100, 160).merge(&firing("a", 100));
        assert_eq!(merged.status(), Status::Resolved);
        assert_eq!(merged.ends_at, resolved("a", 100, 160).ends_at);
    }

    #[test]
    fn receipt_of_the_first_delivery_and_of_the_first_resolve_stay() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let mut first = firing("a", 100);
        first.first_received_at = at(110);
        let mut end = resolved("a", 100, 160);
        (end.first_received_at, end.resolved_received_at) = (at(170), Some(at(170)));
        let mut again = end.clone();
        (again.first_received_at, again.resolved_received_at) = (at(180), Some(at(180)));
        let merged = first.merge(&end).merge(&again);
        assert_eq!(
            (merged.first_received_at, merged.resolved_received_at),
            (at(110), Some(at(170)))
        );
    }

    #[test]
    fn a_cursor_survives_its_text_form() {
        for fingerprint in ["9f1c", "", "with,comma", "new\nline"] {
            let key = firing(fingerprint, 1_700_000_000).key();
            assert_eq!(key.to_string().parse::<Key>().unwrap(), key);
        }
        for refused in ["", "9f1c", "yesterday,9f1c"] {
            assert!(refused.parse::<Key>().is_err(), "{refused}");
        }
    }

    proptest! {
        #[test]
        fn merging_ignores_order_grouping_and_repetition(
            a in any_delivery("a", 0), b in any_delivery("a", 0), c in any_delivery("a", 0),
        ) {
            prop_assert_eq!(a.merge(&b), b.merge(&a));
            prop_assert_eq!(a.merge(&b).merge(&c), a.merge(&b.merge(&c)));
            prop_assert_eq!(a.merge(&a), a.clone());
            prop_assert_eq!(a.merge(&b).merge(&b), a.merge(&b));
        }
    }
}
