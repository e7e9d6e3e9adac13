//! One alert as the history knows it, and how two records of it become one.

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

/// Whether an alert is still true.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// It is.
    Firing,
    /// It was.
    Resolved,
}

/// How an alert ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum End {
    /// Prometheus resolved it, and the notification arrived.
    Delivered,
    /// Neither Prometheus nor Alertmanager knows it any more, and no notification of its end arrived.
    NotDelivered,
    /// Alertmanager resolved it by itself while Prometheus was silent. Prometheus has yet to confirm that.
    Unconfirmed,
}

/// The state of an alert, as Prometheus and Alertmanager answered when they were polled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It goes on, after it had been taken for ended.
    Active,
    /// Neither of them knows it any more.
    Ended,
    /// Alertmanager resolved it by itself.
    Unconfirmed,
}

impl Verdict {
    /// As it is written.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Ended => "ended",
            Self::Unconfirmed => "unconfirmed",
        }
    }
}

/// The outcome of a reconciliation. Of several, the newest counts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Finding {
    /// When it was found.
    pub at: Timestamp,
    /// The verdict.
    pub verdict: Verdict,
    /// When the alert was last known to be active.
    pub last_active_at: Timestamp,
    /// The end that Alertmanager gave when it resolved the alert by itself: a guess, so it is no end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expired_at: Option<Timestamp>,
}

/// The identity of an alert: its fingerprint, and since when it fires. Two deliveries with the same key fold. The order is the
/// history's: newest first, then by fingerprint.
///
/// Its text form, `STARTS_AT,FINGERPRINT`, is the cursor of `GET /api/v1/alerts`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    starts_at: Reverse<Timestamp>,
    fingerprint: String,
}

impl Key {
    /// The key of the alert with this fingerprint that began to fire then.
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

/// All records of one alert, merged; a single delivery is the smallest such sum. It is a record of the log
/// as it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alert {
    /// Alertmanager's hash of the labels.
    pub fingerprint: String,
    /// When it began to fire.
    pub starts_at: Timestamp,
    /// When Prometheus resolved it; `None` while it fires, and where that was not delivered.
    pub ends_at: Option<Timestamp>,
    /// The labels, which identify the alert.
    pub labels: Labels,
    /// The annotations, which explain it.
    pub annotations: Labels,
    /// The page of the expression that raised it; empty where the sender named none.
    pub generator_url: String,
    /// When the first delivery arrived.
    pub first_received_at: Timestamp,
    /// When the first delivery arrived that said it is resolved.
    pub resolved_received_at: Option<Timestamp>,
    /// When Prometheus began to fire it anew after it had been restarted in the middle.
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

    /// Returns whether it is still true.
    #[must_use]
    pub fn status(&self) -> Status {
        match self.end() {
            None => Status::Firing,
            Some(_) => Status::Resolved,
        }
    }

    /// Returns how it ended, and when. Where the end was not delivered, or is unconfirmed, the time is the one at which the
    /// alert was last known to be active.
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

    /// Returns whether its end has yet to be delivered, or to be found.
    #[must_use]
    pub fn is_open(&self) -> bool {
        matches!(self.end(), None | Some((End::Unconfirmed, _)))
    }

    /// Returns when it began to fire, the last time.
    #[must_use]
    pub fn last_start(&self) -> Timestamp {
        let restart = self.restarted_at.last().copied();
        restart.map_or(self.starts_at, |restart| restart.max(self.starts_at))
    }

    /// Takes in what another record of the same alert says. Commutative, associative and idempotent, so neither
    /// order nor repetition matters: resolved beats firing, a later end beats an earlier one, and of texts that
    /// still differ the greatest stays; the times of receipt are the earliest, the finding is the newest.
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
            restarted_at: &self.restarted_at | &other.restarted_at,
            finding: self.finding.as_ref().max(other.finding.as_ref()).cloned(),
            ..telling.clone()
        }
    }

    /// Returns the content of a notification beside the key; the greater one wins.
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
    use crate::alert::testing::{any_record, firing, resolved};
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
    fn a_record_of_before_there_were_findings_is_read() {
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
        for refused in ["", "9f1c", "yesterday,9f1c"] {
            assert!(refused.parse::<Key>().is_err(), "{refused}");
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
