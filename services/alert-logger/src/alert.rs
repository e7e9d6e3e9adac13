//! An alert in the history, and how its records are merged.

#[cfg(test)]
pub(crate) mod testing;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Display, Formatter};
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Label or annotation names and their values.
pub type Labels = BTreeMap<String, String>;

/// The status of an alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// The alert is active.
    Firing,
    /// The alert has ended.
    Resolved,
}

/// The evidence for the end of an alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum End {
    /// Prometheus resolved it, and the notification arrived.
    Delivered,
    /// Neither Prometheus nor Alertmanager reports it any more, and no notification of its end arrived.
    NotDelivered,
    /// Alertmanager resolved it by itself while Prometheus was unavailable. Prometheus has not confirmed the end yet.
    Unconfirmed,
}

/// The state of an alert according to a poll of Prometheus and Alertmanager.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It is active, although it had been recorded as ended.
    Active,
    /// Neither Prometheus nor Alertmanager reports it any more.
    Ended,
    /// Alertmanager resolved it by itself.
    Unconfirmed,
}

impl Verdict {
    /// Returns the serialized form.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Ended => "ended",
            Self::Unconfirmed => "unconfirmed",
        }
    }
}

/// The outcome of a reconciliation. The newest one counts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Finding {
    /// The time of the reconciliation.
    pub at: Timestamp,
    /// The verdict.
    pub verdict: Verdict,
    /// The time at which the alert was last known to be active.
    pub last_active_at: Timestamp,
    /// The end in Alertmanager's notification when it resolved the alert by itself. It is a guess, so it is not recorded
    /// as the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expired_at: Option<Timestamp>,
}

/// The identity of an alert: its fingerprint and the time at which it began to fire. Deliveries with the same key are
/// merged. The order is that of the history: newest first, then by fingerprint.
///
/// Its text form, `STARTS_AT,FINGERPRINT`, is the cursor of `GET /api/v1/alerts`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    starts_at: Reverse<Timestamp>,
    fingerprint: String,
}

impl Key {
    /// Returns the key of the alert with this fingerprint that began to fire at `starts_at`.
    #[must_use]
    pub fn new(fingerprint: &str, starts_at: Timestamp) -> Self {
        Self {
            starts_at: Reverse(starts_at),
            fingerprint: fingerprint.to_owned(),
        }
    }
}

impl Display for Key {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{},{}", self.starts_at.0, self.fingerprint)
    }
}

/// The text is not a valid [`Key`].
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

/// One or more records of an alert, merged. Its JSON is also the format of a record in the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alert {
    /// Alertmanager's hash of the labels.
    pub fingerprint: String,
    /// The time at which it began to fire.
    pub starts_at: Timestamp,
    /// The time at which Prometheus resolved it; `None` while it fires, or if its end was not delivered.
    pub ends_at: Option<Timestamp>,
    /// The labels, which identify the alert.
    pub labels: Labels,
    /// The annotations, which explain the alert.
    pub annotations: Labels,
    /// Prometheus' page of the alert's expression; empty if the sender named none.
    pub generator_url: String,
    /// Arrival of the first delivery.
    pub first_received_at: Timestamp,
    /// Arrival of the first delivery with the status resolved.
    pub resolved_received_at: Option<Timestamp>,
    /// The times at which Prometheus began to fire it again after a restart in the middle.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub restarted_at: BTreeSet<Timestamp>,
    /// The newest outcome of a reconciliation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finding: Option<Finding>,
}

impl Alert {
    /// Returns the alert's key.
    #[must_use]
    pub fn key(&self) -> Key {
        Key::new(&self.fingerprint, self.starts_at)
    }

    /// Returns the alert's status.
    #[must_use]
    pub fn status(&self) -> Status {
        match self.end() {
            None => Status::Firing,
            Some(_) => Status::Resolved,
        }
    }

    /// Returns the evidence and the time of the end. If the end was not delivered or is unconfirmed, the time is the one
    /// at which the alert was last known to be active.
    #[must_use]
    pub fn end(&self) -> Option<(End, Timestamp)> {
        if let Some(ends_at) = self.ends_at {
            return Some((End::Delivered, ends_at));
        }
        let finding = self.finding.as_ref()?;
        match finding.verdict {
            Verdict::Active => None,
            Verdict::Ended => Some((End::NotDelivered, finding.last_active_at)),
            Verdict::Unconfirmed => Some((End::Unconfirmed, finding.last_active_at)),
        }
    }

    /// Returns whether its end is unknown or unconfirmed.
    #[must_use]
    pub fn is_open(&self) -> bool {
        matches!(self.end(), None | Some((End::Unconfirmed, _)))
    }

    /// Returns the last time at which it began to fire.
    #[must_use]
    pub fn last_start(&self) -> Timestamp {
        let restart = self.restarted_at.last().copied();
        restart.map_or(self.starts_at, |restart| restart.max(self.starts_at))
    }

    /// Merges two records of the same alert. The operation is commutative, associative and idempotent, so neither the
    /// order nor a repetition matters: resolved wins over firing, a later end over an earlier one, and then the greatest
    /// text. The earliest times of receipt and the newest finding are kept.
    #[must_use]
    pub fn merge(&self, other: &Self) -> Self {
        let winner = if other.content() > self.content() {
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
            restarted_at: &self.restarted_at | &other.restarted_at,
            finding: self.finding.as_ref().max(other.finding.as_ref()).cloned(),
            ..winner.clone()
        }
    }

    /// Returns the content of a notification without the key. In a merge the greater one wins.
    fn content(&self) -> impl Ord + '_ {
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
    use crate::alert::testing::{any_record, firing, resolved};
    use proptest::prelude::*;

    #[test]
    fn a_late_firing_does_not_reopen_a_resolved_alert() {
        let merged = resolved("a", 100, 160).merge(&firing("a", 100));
        assert_eq!(merged.status(), Status::Resolved);
        assert_eq!(merged.ends_at, resolved("a", 100, 160).ends_at);
    }

    #[test]
    fn the_times_of_the_first_delivery_and_of_the_first_resolve_are_kept() {
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

    fn found(verdict: Verdict, found_at: i64) -> Alert {
        let at = |second| Timestamp::from_second(second).unwrap();
        Alert {
            finding: Some(Finding {
                at: at(found_at),
                verdict,
                last_active_at: at(150),
                expired_at: None,
            }),
            ..firing("a", 100)
        }
    }

    #[test]
    fn the_newest_finding_counts_until_an_end_is_delivered() {
        let unconfirmed = found(Verdict::Unconfirmed, 200);
        let last_active = Timestamp::from_second(150).unwrap();
        assert_eq!(unconfirmed.end(), Some((End::Unconfirmed, last_active)));
        let reopened = found(Verdict::Active, 210).merge(&unconfirmed);
        assert_eq!((reopened.status(), reopened.end()), (Status::Firing, None));
        let closed = reopened.merge(&found(Verdict::Ended, 220));
        assert_eq!(closed.end(), Some((End::NotDelivered, last_active)));
        let late = closed.merge(&resolved("a", 100, 160));
        let ends_at = resolved("a", 100, 160).ends_at.unwrap();
        assert_eq!(late.end(), Some((End::Delivered, ends_at)));
    }

    #[test]
    fn a_record_of_an_older_version_without_findings_is_read() {
        let line = br#"{"fingerprint":"a","starts_at":"1970-01-01T00:01:40Z","ends_at":null,
            "labels":{"alertname":"TargetDown"},"annotations":{},"generator_url":"http://prometheus/graph",
            "first_received_at":"1970-01-01T00:01:40Z","resolved_received_at":null}"#;
        let read: Alert = serde_json::from_slice(line).unwrap();
        assert_eq!(read, firing("a", 100));
        let written = serde_json::to_string(&read).unwrap();
        assert!(!written.contains("finding") && !written.contains("restarted_at"));
    }

    #[test]
    fn a_cursor_survives_its_text_form() {
        for fingerprint in ["9f1c", "", "with,comma", "new\nline"] {
            let key = firing(fingerprint, 1_700_000_000).key();
            assert_eq!(key.to_string().parse::<Key>().unwrap(), key);
        }
        for invalid in ["", "9f1c", "yesterday,9f1c"] {
            assert!(invalid.parse::<Key>().is_err(), "{invalid}");
        }
    }

    proptest! {
        #[test]
        fn merging_ignores_order_grouping_and_repetition(
            a in any_record("a", 0), b in any_record("a", 0), c in any_record("a", 0),
        ) {
            prop_assert_eq!(a.merge(&b), b.merge(&a));
            prop_assert_eq!(a.merge(&b).merge(&c), a.merge(&b.merge(&c)));
            prop_assert_eq!(a.merge(&a), a.clone());
            prop_assert_eq!(a.merge(&b).merge(&b), a.merge(&b));
        }
    }
}
