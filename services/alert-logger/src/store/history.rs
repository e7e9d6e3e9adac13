//! The folded history: one entry an alert, however often it was delivered.

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
    /// Maps a fingerprint and each time at which its alert began to fire, restarts included, to the `starts_at` under which it is kept.
    starts: BTreeMap<String, BTreeMap<Timestamp, Timestamp>>,
    /// The size of all entries in the log.
    bytes: usize,
}

#[derive(Debug, PartialEq, Eq)]
struct Entry {
    alert: Arc<Alert>,
    bytes: usize,
}

/// Which alerts a reader wants.
#[derive(Debug)]
pub struct Query {
    /// Only those whose label `target` is this.
    pub target: Option<String>,
    /// Only those with this status.
    pub status: Option<Status>,
    /// Only those that come after this one in the history's order.
    pub before: Option<Key>,
    /// At most this many.
    pub limit: usize,
}

impl Query {
    fn matches(&self, alert: &Alert) -> bool {
        let target = |wanted| alert.labels.get("target") == Some(wanted);
        self.status.is_none_or(|status| alert.status() == status)
            && self.target.as_ref().is_none_or(target)
    }
}

/// An answer to a [`Query`].
#[derive(Debug, PartialEq, Eq)]
pub struct Page {
    /// The alerts, newest first.
    pub alerts: Vec<Arc<Alert>>,
    /// Where the next page starts (see [`Query::before`]), if there is one.
    pub next: Option<Key>,
}

impl History {
    /// Takes in a record.
    pub fn fold(&mut self, delivered: &Alert) {
        let key = delivered.key();
        let known = self.alerts.get(&key);
        let alert = known.map_or_else(|| delivered.clone(), |known| known.alert.merge(delivered));
        let starts = self.starts.entry(alert.fingerprint.clone()).or_default();
        for start in alert.restarted_at.iter().chain([&alert.starts_at]) {
            let kept_by = starts.entry(*start).or_insert(alert.starts_at);
            *kept_by = alert.starts_at.min(*kept_by);
        }
        let bytes = format::record(&alert).len();
        self.bytes = self.bytes - known.map_or(0, |known| known.bytes) + bytes;
        let alert = Arc::new(alert);
        self.alerts.insert(key, Entry { alert, bytes });
    }

    /// Returns whether taking in this delivery would change nothing.
    #[must_use]
    pub fn contains(&self, delivered: &Alert) -> bool {
        self.alerts
            .get(&delivered.key())
            .is_some_and(|known| known.alert.merge(delivered) == *known.alert)
    }

    /// Forgets alerts until the rest takes at most `max_bytes` in the log: the oldest resolved ones first, then the
    /// oldest that still fire. Gives how many were forgotten.
    pub fn evict(&mut self, max_bytes: usize) -> usize {
        let before = self.alerts.len();
        for also_firing in [false, true] {
            let mut excess = self.bytes.saturating_sub(max_bytes);
            let oldest_first = self.alerts.iter().rev();
            let doomed: Vec<Key> = oldest_first
                .filter(|(_, entry)| also_firing || entry.alert.status() == Status::Resolved)
                .take_while(|(_, entry)| {
                    let needed = excess > 0;
                    excess = excess.saturating_sub(entry.bytes);
                    needed
                })
                .map(|(key, _)| key.clone())
                .collect();
            for key in doomed {
                if let Some(entry) = self.alerts.remove(&key) {
                    self.bytes -= entry.bytes;
                    self.forget_starts(&entry.alert);
                }
            }
        }
        before - self.alerts.len()
    }

    fn forget_starts(&mut self, alert: &Alert) {
        if let Some(starts) = self.starts.get_mut(&alert.fingerprint) {
            starts.retain(|_, kept_by| *kept_by != alert.starts_at);
            if starts.is_empty() {
                self.starts.remove(&alert.fingerprint);
            }
        }
    }

    /// The alert of this fingerprint that began to fire at this time, the first time or after a restart.
    #[must_use]
    pub fn started_at(&self, fingerprint: &str, start: Timestamp) -> Option<&Arc<Alert>> {
        let kept_by = self.starts.get(fingerprint)?.get(&start)?;
        self.get(fingerprint, *kept_by)
    }

    /// The alert of this fingerprint that began to fire last before this time.
    #[must_use]
    pub fn started_before(&self, fingerprint: &str, start: Timestamp) -> Option<&Arc<Alert>> {
        let (_, kept_by) = self.starts.get(fingerprint)?.range(..start).next_back()?;
        self.get(fingerprint, *kept_by)
    }

    fn get(&self, fingerprint: &str, starts_at: Timestamp) -> Option<&Arc<Alert>> {
        let key = Key::new(fingerprint, starts_at);
        self.alerts.get(&key).map(|entry| &entry.alert)
    }

    /// The alerts whose end has yet to be delivered or found, newest first.
    #[must_use]
    pub fn open(&self) -> Vec<Arc<Alert>> {
        let alerts = self.alerts.values().map(|entry| &entry.alert);
        alerts.filter(|alert| alert.is_open()).cloned().collect()
    }

    /// All alerts, newest first.
    #[must_use]
    pub fn all(&self) -> Vec<Arc<Alert>> {
        self.alerts
            .values()
            .map(|entry| Arc::clone(&entry.alert))
            .collect()
    }

    /// The alerts that a reader wants.
    #[must_use]
    pub fn page(&self, query: &Query) -> Page {
        let start = query
            .before
            .as_ref()
            .map_or(Bound::Unbounded, Bound::Excluded);
        let mut wanted = self
            .alerts
            .range((start, Bound::Unbounded))
            .map(|(_, entry)| &entry.alert)
            .filter(|alert| query.matches(alert));
        let alerts: Vec<_> = wanted.by_ref().take(query.limit).cloned().collect();
        let more = wanted.next().is_some();
        let next = alerts.last().filter(|_| more).map(|alert| alert.key());
        Page { alerts, next }
    }

    /// Returns how many alerts there are.
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
    fn pages_lead_through_everything_once_newest_first() {
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
    fn a_status_selects_and_the_last_page_has_no_next() {
        let history = folded(&[firing("a", 1), resolved("b", 2, 9), firing("c", 3)]);
        let page = history.page(&query(Some(Status::Firing), None, 2));
        assert_eq!((starts(&page.alerts), page.next), (vec![3, 1], None));
        let page = history.page(&query(Some(Status::Resolved), None, 2));
        assert_eq!((starts(&page.alerts), page.next), (vec![2], None));
    }

    #[test]
    fn a_target_selects_and_a_page_of_it_is_full() {
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
    fn the_oldest_resolved_alerts_go_first() {
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
    fn an_alert_is_found_by_each_of_its_starts_until_it_is_forgotten() {
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
    fn firing_alerts_are_bounded_too() {
        let mut history = folded(&[firing("a", 1), firing("b", 2)]);
        let room = history.bytes - 1;
        assert_eq!(history.evict(room), 1);
        assert_eq!(starts(&history.all()), [2]);
        assert_eq!(history.evict(room), 0);
    }

    /// Deliveries, and the same ones shuffled with some of them repeated.
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
