//! The history in memory: one entry for each alert, with all its records merged.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;

use jiff::Timestamp;

use super::format;
use crate::alert::{Alert, Key, Status};

/// Every alert received, newest first.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct History {
    alerts: BTreeMap<Key, Entry>,
    /// By fingerprint: maps each time at which the alert began to fire, restarts included, to the `starts_at` of its key.
    starts: BTreeMap<String, BTreeMap<Timestamp, Timestamp>>,
    /// Size of all entries in the log.
    bytes: usize,
}

#[derive(Debug, PartialEq, Eq)]
struct Entry {
    alert: Arc<Alert>,
    bytes: usize,
}

/// A query for alerts.
#[derive(Debug)]
pub struct Query {
    /// Only alerts with this label `target`.
    pub target: Option<String>,
    /// Only alerts with this status.
    pub status: Option<Status>,
    /// Only alerts after this one in the order of the history, so older ones.
    pub before: Option<Key>,
    /// Maximum number of alerts.
    pub limit: usize,
}

impl Query {
    fn matches(&self, alert: &Alert) -> bool {
        let target = |wanted| alert.labels.get("target") == Some(wanted);
        self.status.is_none_or(|status| alert.status() == status)
            && self.target.as_ref().is_none_or(target)
    }
}

/// The result of a [`Query`].
#[derive(Debug, PartialEq, Eq)]
pub struct Page {
    /// The alerts, newest first.
    pub alerts: Vec<Arc<Alert>>,
    /// [`Query::before`] of the next page, if there is one.
    pub next: Option<Key>,
}

impl History {
    /// Merges a record into the history.
    pub fn fold(&mut self, record: &Alert) {
        let key = record.key();
        let existing = self.alerts.get(&key);
        let alert = existing.map_or_else(|| record.clone(), |entry| entry.alert.merge(record));
        let starts = self.starts.entry(alert.fingerprint.clone()).or_default();
        for start in alert.restarted_at.iter().chain([&alert.starts_at]) {
            let key_start = starts.entry(*start).or_insert(alert.starts_at);
            *key_start = alert.starts_at.min(*key_start);
        }
        let bytes = format::record(&alert).len();
        self.bytes = self.bytes - existing.map_or(0, |entry| entry.bytes) + bytes;
        let alert = Arc::new(alert);
        self.alerts.insert(key, Entry { alert, bytes });
    }

    /// Returns whether merging this record would change nothing.
    #[must_use]
    pub fn contains(&self, record: &Alert) -> bool {
        self.alerts
            .get(&record.key())
            .is_some_and(|entry| entry.alert.merge(record) == *entry.alert)
    }

    /// Removes alerts until the rest takes at most `max_bytes` in the log: first the oldest resolved ones, then the
    /// oldest that still fire. Returns the number of removed alerts.
    pub fn evict(&mut self, max_bytes: usize) -> usize {
        let before = self.alerts.len();
        for also_firing in [false, true] {
            let mut excess = self.bytes.saturating_sub(max_bytes);
            let oldest_first = self.alerts.iter().rev();
            let evicted: Vec<Key> = oldest_first
                .filter(|(_, entry)| also_firing || entry.alert.status() == Status::Resolved)
                .take_while(|(_, entry)| {
                    let needed = excess > 0;
                    excess = excess.saturating_sub(entry.bytes);
                    needed
                })
                .map(|(key, _)| key.clone())
                .collect();
            for key in evicted {
                if let Some(entry) = self.alerts.remove(&key) {
                    self.bytes -= entry.bytes;
                    self.remove_starts(&entry.alert);
                }
            }
        }
        before - self.alerts.len()
    }

    fn remove_starts(&mut self, alert: &Alert) {
        if let Some(starts) = self.starts.get_mut(&alert.fingerprint) {
            starts.retain(|_, key_start| *key_start != alert.starts_at);
            if starts.is_empty() {
                self.starts.remove(&alert.fingerprint);
            }
        }
    }

    /// Returns the alert with this fingerprint that began to fire at this time, for the first time or after a restart.
    #[must_use]
    pub fn started_at(&self, fingerprint: &str, start: Timestamp) -> Option<&Arc<Alert>> {
        let key_start = self.starts.get(fingerprint)?.get(&start)?;
        self.get(fingerprint, *key_start)
    }

    /// Returns the alert with this fingerprint with the latest start before this time.
    #[must_use]
    pub fn started_before(&self, fingerprint: &str, start: Timestamp) -> Option<&Arc<Alert>> {
        let (_, key_start) = self.starts.get(fingerprint)?.range(..start).next_back()?;
        self.get(fingerprint, *key_start)
    }

    fn get(&self, fingerprint: &str, starts_at: Timestamp) -> Option<&Arc<Alert>> {
        let key = Key::new(fingerprint, starts_at);
        self.alerts.get(&key).map(|entry| &entry.alert)
    }

    /// Returns the alerts whose end is unknown or unconfirmed, newest first.
    #[must_use]
    pub fn open(&self) -> Vec<Arc<Alert>> {
        let alerts = self.alerts.values().map(|entry| &entry.alert);
        alerts.filter(|alert| alert.is_open()).cloned().collect()
    }

    /// Returns all alerts, newest first.
    #[must_use]
    pub fn all(&self) -> Vec<Arc<Alert>> {
        self.alerts
            .values()
            .map(|entry| Arc::clone(&entry.alert))
            .collect()
    }

    /// Returns a page of the alerts that match the query.
    #[must_use]
    pub fn page(&self, query: &Query) -> Page {
        let start = query
            .before
            .as_ref()
            .map_or(Bound::Unbounded, Bound::Excluded);
        let mut matching = self
            .alerts
            .range((start, Bound::Unbounded))
            .map(|(_, entry)| &entry.alert)
            .filter(|alert| query.matches(alert));
        let alerts: Vec<_> = matching.by_ref().take(query.limit).cloned().collect();
        let more = matching.next().is_some();
        let next = alerts.last().filter(|_| more).map(|alert| alert.key());
        Page { alerts, next }
    }

    /// Returns the number of alerts.
    #[must_use]
    pub fn len(&self) -> usize {
        self.alerts.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alert::testing::{any_record, at, firing, resolved};
    use proptest::prelude::*;

    fn folded(alerts: &[Alert]) -> History {
        let mut history = History::default();
        alerts.iter().for_each(|alert| history.fold(alert));
        history
    }

    fn starts(alerts: &[Arc<Alert>]) -> Vec<i64> {
        alerts.iter().map(|a| a.starts_at.as_second()).collect()
    }

    fn query(status: Option<Status>, before: Option<Key>, limit: usize) -> Query {
        Query {
            target: None,
            status,
            before,
            limit,
        }
    }

    #[test]
    fn pages_contain_every_alert_once_newest_first() {
        let alerts: Vec<_> = (0..25).map(|n| firing(&format!("f{n}"), n / 2)).collect();
        let history = folded(&alerts);
        let (mut seen, mut before) = (Vec::new(), None);
        loop {
            let page = history.page(&query(None, before, 4));
            seen.extend(page.alerts);
            before = page.next;
            if before.is_none() {
                break;
            }
        }
        assert_eq!(seen, history.all());
        assert_eq!(seen.len(), 25);
        assert!(starts(&seen).is_sorted_by(|a, b| a >= b));
    }

    #[test]
    fn a_query_by_status_is_filtered_and_the_last_page_has_no_next() {
        let history = folded(&[firing("a", 1), resolved("b", 2, 9), firing("c", 3)]);
        let page = history.page(&query(Some(Status::Firing), None, 2));
        assert_eq!((starts(&page.alerts), page.next), (vec![3, 1], None));
        let page = history.page(&query(Some(Status::Resolved), None, 2));
        assert_eq!((starts(&page.alerts), page.next), (vec![2], None));
    }

    #[test]
    fn a_query_by_target_is_filtered_before_it_is_paged() {
        let of = |target: &str, n: i64| {
            let mut alert = firing(&format!("f{n}"), n);
            alert.labels.insert("target".to_owned(), target.to_owned());
            alert
        };
        let mut alerts: Vec<_> = (0..20).map(|n| of("a", n)).collect();
        alerts.extend([of("b", 3), of("b", 1), firing("agent", 2)]);
        let history = folded(&alerts);
        let wanted = |before| Query {
            target: Some("b".to_owned()),
            ..query(None, before, 1)
        };
        let first = history.page(&wanted(None));
        assert_eq!(starts(&first.alerts), [3]);
        let rest = history.page(&wanted(first.next));
        assert_eq!((starts(&rest.alerts), rest.next), (vec![1], None));
    }

    #[test]
    fn the_oldest_resolved_alerts_are_evicted_first() {
        let mut history = folded(&[
            firing("a", 1),
            resolved("b", 2, 9),
            resolved("c", 3, 9),
            resolved("d", 4, 9),
        ]);
        let room = history.bytes - 1;
        assert_eq!(history.evict(room), 1);
        assert_eq!(starts(&history.all()), [4, 3, 1]);
        assert_eq!(history.evict(0), 3);
        assert_eq!(history.bytes, 0);
    }

    #[test]
    fn an_alert_is_found_by_each_of_its_starts_until_it_is_evicted() {
        let mut again = firing("a", 100);
        again.restarted_at = [at(300)].into();
        let mut history = folded(&[firing("a", 100), again, firing("a", 200), firing("b", 250)]);
        let found = |history: &History, start| {
            let found = history.started_at("a", at(start));
            found.map(|alert| alert.starts_at.as_second())
        };
        assert_eq!(found(&history, 100), Some(100));
        assert_eq!(found(&history, 300), Some(100));
        assert_eq!(found(&history, 200), Some(200));
        assert_eq!(found(&history, 250), None);
        let before = |start| {
            history
                .started_before("a", at(start))
                .map(|it| it.starts_at)
        };
        assert_eq!(before(100), None);
        assert_eq!(before(300), Some(at(200)));
        assert_eq!(before(301), Some(at(100)));
        history.evict(0);
        assert_eq!(found(&history, 300), None);
        assert!(history.starts.is_empty());
    }

    #[test]
    fn firing_alerts_are_evicted_too() {
        let mut history = folded(&[firing("a", 1), firing("b", 2)]);
        let room = history.bytes - 1;
        assert_eq!(history.evict(room), 1);
        assert_eq!(starts(&history.all()), [2]);
        assert_eq!(history.evict(room), 0);
    }

    /// Generates deliveries, and the same deliveries shuffled, with some of them repeated.
    fn deliveries_twice() -> impl Strategy<Value = (Vec<Alert>, Vec<Alert>)> {
        let delivery = ("[ab]", 0_i64..2)
            .prop_flat_map(|(fingerprint, starts)| any_record(&fingerprint, starts));
        prop::collection::vec(delivery, 0..12).prop_flat_map(|deliveries| {
            let repeated = prop::sample::subsequence(deliveries.clone(), 0..=deliveries.len());
            let once = deliveries.clone();
            let shuffled = repeated
                .prop_map(move |repeated| [once.clone(), repeated].concat())
                .prop_shuffle();
            (Just(deliveries), shuffled)
        })
    }

    proptest! {
        #[test]
        fn order_and_repetition_of_deliveries_change_nothing(
            (deliveries, shuffled) in deliveries_twice(),
        ) {
            let history = folded(&deliveries);
            prop_assert_eq!(&folded(&shuffled), &history);
            prop_assert!(shuffled.iter().all(|delivery| history.contains(delivery)));
            let bytes: usize = history.all().iter().map(|alert| format::record(alert).len()).sum();
            prop_assert_eq!(history.bytes, bytes);
        }
    }
}
