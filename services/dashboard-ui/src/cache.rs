//! Answers that are kept for a while, each asked for once however many wait for it.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

/// An answer past its time is still handed out this long, while the next one is on its way: nobody waits for it.
const STALE_FOR: Duration = Duration::from_secs(30);

/// Answers by key. A fetch runs in a task of its own, and goes on when those who wait lose patience.
#[derive(Debug)]
pub(crate) struct Cache<K, V> {
    capacity: usize,
    stale_for: Duration,
    entries: Arc<Mutex<HashMap<K, Entry<V>>>>,
}

#[derive(Debug)]
struct Entry<V> {
    kept: Option<Kept<V>>,
    flight: Option<watch::Receiver<Option<V>>>,
}

#[derive(Debug)]
struct Kept<V> {
    value: V,
    fresh_until: Instant,
}

/// What a fetch gives: the answer, and how long it is good for.
pub(crate) type Fetched<V> = (V, Duration);

impl<K, V> Cache<K, V>
where
    K: Clone + Eq + Hash + Send + 'static,
    V: Clone + Send + Sync + 'static,
{
    /// A cache that keeps at most `capacity` answers; the oldest goes first.
    pub(crate) fn new(capacity: usize) -> Self {
        Self {
            capacity,
            stale_for: STALE_FOR,
            entries: Arc::default(),
        }
    }

    /// The same, where an answer past its time is of no use.
    pub(crate) fn without_stale(mut self) -> Self {
        self.stale_for = Duration::ZERO;
        self
    }

    /// The answer for a key: the kept one, where need be while the next one is fetched; else the one that `fetch`
    /// gives within `patience`.
    pub(crate) async fn get<F>(
        &self,
        key: K,
        patience: Duration,
        fetch: impl FnOnce() -> F,
    ) -> Option<V>
    where
        F: Future<Output = Fetched<V>> + Send + 'static,
    {
        let mut flight = {
            let mut entries = lock(&self.entries);
            let now = Instant::now();
            let entry = entries.entry(key.clone()).or_insert(Entry {
                kept: None,
                flight: None,
            });
            let kept = entry.kept.as_ref();
            if let Some(kept) = kept.filter(|kept| now < kept.fresh_until) {
                return Some(kept.value.clone());
            }
            let stale = kept
                .filter(|kept| now < kept.fresh_until + self.stale_for)
                .map(|kept| kept.value.clone());
            let flight = match &entry.flight {
                Some(flight) => flight.clone(),
                None => self.take_off(entry, key, fetch()),
            };
            if stale.is_some() {
                return stale;
            }
            flight
        };
        let landed = tokio::time::timeout(patience, flight.wait_for(Option::is_some)).await;
        landed.ok()?.ok()?.clone()
    }

    /// Has the next reader ask anew, whatever is kept or under way.
    pub(crate) fn forget(&self, key: &K) {
        lock(&self.entries).remove(key);
    }

    fn take_off(
        &self,
        entry: &mut Entry<V>,
        key: K,
        fetch: impl Future<Output = Fetched<V>> + Send + 'static,
    ) -> watch::Receiver<Option<V>> {
        let (sender, flight) = watch::channel(None);
        entry.flight = Some(flight.clone());
        let landing = Landing {
            entries: Arc::clone(&self.entries),
            key,
            sender,
        };
        let capacity = self.capacity;
        tokio::spawn(async move {
            let (value, fresh_for) = fetch.await;
            landing.keep(value, fresh_for, capacity);
        });
        flight
    }
}

/// Ends a flight also when the fetch panics: the next reader starts another.
struct Landing<K: Eq + Hash, V> {
    entries: Arc<Mutex<HashMap<K, Entry<V>>>>,
    key: K,
    sender: watch::Sender<Option<V>>,
}

impl<K: Clone + Eq + Hash, V: Clone> Landing<K, V> {
    fn keep(self, value: V, fresh_for: Duration, capacity: usize) {
        {
            let mut entries = lock(&self.entries);
            // One that was forgotten meanwhile is not kept.
            if let Some(entry) = self.own(&mut entries) {
                entry.kept = Some(Kept {
                    value: value.clone(),
                    fresh_until: Instant::now() + fresh_for,
                });
            }
            let kept = |entry: &Entry<V>| Some(entry.kept.as_ref()?.fresh_until);
            while entries.len() > capacity {
                let oldest = entries
                    .iter()
                    .filter(|(_, entry)| entry.flight.is_none())
                    .min_by_key(|(_, entry)| kept(entry))
                    .map(|(key, _)| key.clone());
                match oldest {
                    Some(key) => drop(entries.remove(&key)),
                    None => break,
                }
            }
        }
        self.sender.send_replace(Some(value));
    }
}

impl<K: Eq + Hash, V> Landing<K, V> {
    fn own<'a>(&self, entries: &'a mut HashMap<K, Entry<V>>) -> Option<&'a mut Entry<V>> {
        let entry = entries.get_mut(&self.key)?;
        let flight = entry.flight.as_ref()?;
        self.sender
            .subscribe()
            .same_channel(flight)
            .then_some(entry)
    }
}

impl<K: Eq + Hash, V> Drop for Landing<K, V> {
    fn drop(&mut self) {
        let mut entries = lock(&self.entries);
        if let Some(entry) = self.own(&mut entries) {
            entry.flight = None;
            if entry.kept.is_none() {
                entries.remove(&self.key);
            }
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
