//! A cache in which all readers of a key share one fetch.

use std::collections::HashMap;
use std::fmt;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

/// The error of a fetch without a result: it panicked, or the runtime is shutting down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the request was cancelled")]
pub struct Cancelled;

/// Caches values by key. A key is never fetched twice at the same time.
///
/// - A value is fresh for the lifetime, counted from the *start* of its fetch, so that its content is never older.
/// - A fetch runs in its own task: a reader that disconnects or stops waiting does not affect the others.
/// - An error goes to the readers that waited for it. [`cache_errors_for`](Self::cache_errors_for) also caches it.
/// - The cache holds at most `capacity` values and evicts the oldest first. The next fetch removes expired values.
pub struct SingleFlight<K, V, E = Cancelled> {
    policy: Policy,
    entries: Entries<K, V, E>,
}

type Entries<K, V, E> = Arc<Mutex<HashMap<K, Entry<V, E>>>>;

/// A fetch in progress: resolves to its result.
type Flight<V, E> = watch::Receiver<Option<Result<V, E>>>;

struct Entry<V, E> {
    cached: Option<Cached<V, E>>,
    flight: Option<Flight<V, E>>,
}

struct Cached<V, E> {
    result: Result<V, E>,
    /// The start of its lifetime.
    since: Instant,
    /// The duration of the fetch.
    took: Duration,
}

#[derive(Debug, Clone, Copy)]
struct Policy {
    capacity: usize,
    lifetime: Duration,
    error_lifetime: Option<Duration>,
    refresh_ahead: bool,
    stale_for: Duration,
}

impl<K, V, E> SingleFlight<K, V, E>
where
    K: Clone + Eq + Hash + Send + 'static,
    V: Clone + Send + Sync + 'static,
    E: Clone + Send + Sync + From<Cancelled> + 'static,
{
    /// Creates a cache whose values are fresh for `lifetime`.
    #[must_use]
    pub fn new(lifetime: Duration, capacity: usize) -> Self {
        Self {
            policy: Policy {
                capacity,
                lifetime,
                error_lifetime: None,
                refresh_ahead: false,
                stale_for: Duration::ZERO,
            },
            entries: Arc::default(),
        }
    }

    /// Refreshes a value before it expires, so that frequent readers never wait: three times the duration of the last
    /// fetch before, but not in the first half of the lifetime.
    #[must_use]
    pub fn refresh_ahead(mut self) -> Self {
        self.policy.refresh_ahead = true;
        self
    }

    /// Serves an expired value for `stale_for` while the next one is fetched.
    #[must_use]
    pub fn serve_stale_for(mut self, stale_for: Duration) -> Self {
        self.policy.stale_for = stale_for;
        self
    }

    /// Caches errors, too, for `lifetime` after they occurred.
    #[must_use]
    pub fn cache_errors_for(mut self, lifetime: Duration) -> Self {
        self.policy.error_lifetime = Some(lifetime);
        self
    }

    /// Returns the value of a key: from the cache, from a fetch in progress, or from a new `fetch`. The fetch continues
    /// when the caller stops waiting.
    ///
    /// # Errors
    /// The fetch fails.
    pub async fn get<F>(&self, key: K, fetch: impl FnOnce() -> F) -> Result<V, E>
    where
        F: Future<Output = Result<V, E>> + Send + 'static,
    {
        self.read(key, fetch, true).await
    }

    /// Returns the value of a key without the cached one: from a fetch in progress, or from a new `fetch`. The result is
    /// cached for other readers.
    ///
    /// # Errors
    /// The fetch fails.
    pub async fn get_fresh<F>(&self, key: K, fetch: impl FnOnce() -> F) -> Result<V, E>
    where
        F: Future<Output = Result<V, E>> + Send + 'static,
    {
        self.read(key, fetch, false).await
    }

    /// Removes a key's value. The next reader starts a new fetch, even if one is in progress.
    pub fn invalidate(&self, key: &K) {
        let removed = lock(&self.entries).remove(key);
        drop(removed);
    }

    async fn read<F>(&self, key: K, fetch: impl FnOnce() -> F, allow_cached: bool) -> Result<V, E>
    where
        F: Future<Output = Result<V, E>> + Send + 'static,
    {
        let mut flight = {
            let mut entries = lock(&self.entries);
            let now = Instant::now();
            let entry = entries.get(&key);
            let flight = entry.and_then(|entry| entry.flight.clone());
            let cached = entry.and_then(|entry| entry.cached.as_ref());
            match cached.filter(|cached| allow_cached && !self.policy.is_too_old(cached, now)) {
                Some(cached) => {
                    let result = cached.result.clone();
                    if flight.is_none() && self.policy.needs_refresh(cached, now) {
                        self.start(&mut entries, key, now, fetch());
                    }
                    return result;
                }
                None => flight.unwrap_or_else(|| self.start(&mut entries, key, now, fetch())),
            }
        };
        match flight.wait_for(Option::is_some).await.as_deref() {
            Ok(Some(result)) => result.clone(),
            _ => Err(Cancelled.into()),
        }
    }

    /// Starts a fetch in its own task.
    fn start(
        &self,
        entries: &mut HashMap<K, Entry<V, E>>,
        key: K,
        now: Instant,
        fetch: impl Future<Output = Result<V, E>> + Send + 'static,
    ) -> Flight<V, E> {
        let (sender, flight) = watch::channel(None);
        let entry = entries.entry(key.clone()).or_insert(Entry {
            cached: None,
            flight: None,
        });
        entry.flight = Some(flight.clone());
        let guard = FetchGuard {
            policy: self.policy,
            entries: Arc::clone(&self.entries),
            key,
            started: now,
            sender,
            result: None,
        };
        tokio::spawn(async move { guard.finish(fetch.await) });
        flight
    }
}

impl Policy {
    fn lifetime<V, E>(&self, cached: &Cached<V, E>) -> Duration {
        match cached.result {
            Ok(_) => self.lifetime,
            Err(_) => self.error_lifetime.unwrap_or_default(),
        }
    }

    /// Returns whether a value is too old to be served.
    fn is_too_old<V, E>(&self, cached: &Cached<V, E>, now: Instant) -> bool {
        now - cached.since >= self.lifetime(cached) + self.stale_for
    }

    /// Returns whether to start the next fetch while the value is still served.
    fn needs_refresh<V, E>(&self, cached: &Cached<V, E>, now: Instant) -> bool {
        let lifetime = self.lifetime(cached);
        let ahead = if self.refresh_ahead {
            (cached.took * 3).min(lifetime / 2)
        } else {
            Duration::ZERO
        };
        now - cached.since >= lifetime - ahead
    }

    /// Removes the expired values, and the oldest one if there are still more than `capacity`. Called when a value is
    /// added, because the number of fetches in progress is not limited.
    fn evict<K: Eq + Hash, V, E>(
        &self,
        entries: &mut HashMap<K, Entry<V, E>>,
        now: Instant,
    ) -> Vec<Cached<V, E>> {
        let mut evicted: Vec<_> = entries
            .values_mut()
            .filter_map(|entry| entry.cached.take_if(|cached| self.is_too_old(cached, now)))
            .collect();
        let cached = entries.values().filter(|entry| entry.cached.is_some());
        if cached.count() > self.capacity {
            let cached = entries.values_mut().filter(|entry| entry.cached.is_some());
            let oldest =
                cached.min_by_key(|entry| entry.cached.as_ref().map(|cached| cached.since));
            evicted.extend(oldest.and_then(|entry| entry.cached.take()));
        }
        entries.retain(|_, entry| entry.cached.is_some() || entry.flight.is_some());
        evicted
    }
}

/// Ends a fetch when dropped, even if it panicked, so that the next reader starts a new one.
struct FetchGuard<K: Eq + Hash, V: Clone, E: Clone> {
    policy: Policy,
    entries: Entries<K, V, E>,
    key: K,
    started: Instant,
    sender: watch::Sender<Option<Result<V, E>>>,
    result: Option<Result<V, E>>,
}

impl<K: Eq + Hash, V: Clone, E: Clone> FetchGuard<K, V, E> {
    /// Ends the fetch with a result.
    fn finish(mut self, result: Result<V, E>) {
        self.result = Some(result);
    }

    fn cached(&self, now: Instant) -> Option<Cached<V, E>> {
        let result = self.result.clone()?;
        let since = if result.is_ok() { self.started } else { now };
        (result.is_ok() || self.policy.error_lifetime.is_some()).then(|| Cached {
            result,
            since,
            took: now - self.started,
        })
    }

    /// Stores the result, unless the key was invalidated since the fetch began. Returns the values to drop after the lock
    /// is released.
    fn store(&self) -> Vec<Cached<V, E>> {
        let now = Instant::now();
        let cached = self.cached(now);
        let is_own = |flight: &Flight<V, E>| self.sender.subscribe().same_channel(flight);
        let mut entries = lock(&self.entries);
        let Some(entry) = entries
            .get_mut(&self.key)
            .filter(|entry| entry.flight.as_ref().is_some_and(is_own))
        else {
            return cached.into_iter().collect();
        };
        entry.flight = None;
        let replaced = cached.and_then(|cached| entry.cached.replace(cached));
        let mut evicted = self.policy.evict(&mut entries, now);
        evicted.extend(replaced);
        evicted
    }
}

impl<K: Eq + Hash, V: Clone, E: Clone> Drop for FetchGuard<K, V, E> {
    fn drop(&mut self) {
        let _evicted = self.store();
        // After the value is in the cache, so that a reader's next call finds it there.
        if let Some(result) = self.result.take() {
            self.sender.send_replace(Some(result));
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<K, V, E> fmt::Debug for SingleFlight<K, V, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SingleFlight")
            .field("policy", &self.policy)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
