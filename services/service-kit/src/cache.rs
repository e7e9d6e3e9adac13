//! A cache in which all readers of a key share one fetch.

use std::collections::HashMap;
use std::fmt;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

/// A fetch that ended without a result: it panicked, or the runtime is shutting down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the request was given up")]
pub struct Cancelled;

/// Values by key, each fetched at most once at a time.
///
/// - A value is served while it is younger than the lifetime, counted from the *start* of its fetch: its content can be
///   no older.
/// - A fetch runs in a task of its own: a reader that goes away, or stops waiting, takes nothing from the others.
/// - An error goes to the readers that waited for it. It is kept only after [`keep_errors_for`](Self::keep_errors_for).
/// - At most `capacity` values are kept; the oldest goes first. Expired ones go with the next fetch.
pub struct SingleFlight<K, V, E = Cancelled> {
    policy: Policy,
    entries: Entries<K, V, E>,
}

type Entries<K, V, E> = Arc<Mutex<HashMap<K, Entry<V, E>>>>;

/// A fetch under way.
type Flight<V, E> = watch::Receiver<Option<Result<V, E>>>;

struct Entry<V, E> {
    kept: Option<Kept<V, E>>,
    flight: Option<Flight<V, E>>,
}

struct Kept<V, E> {
    result: Result<V, E>,
    /// When its lifetime began.
    since: Instant,
    /// How long the fetch took.
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
    /// A cache whose values live for `lifetime`.
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

    /// Starts the next fetch before the value expires, so that frequent readers never wait: three times as long before
    /// as the last fetch took, but not in the first half of the lifetime.
    #[must_use]
    pub fn refresh_ahead(mut self) -> Self {
        self.policy.refresh_ahead = true;
        self
    }

    /// Serves a value for this long after it expired, while the next one is fetched.
    #[must_use]
    pub fn serve_stale_for(mut self, stale_for: Duration) -> Self {
        self.policy.stale_for = stale_for;
        self
    }

    /// Keeps errors like values, for this long after they occurred.
    #[must_use]
    pub fn keep_errors_for(mut self, lifetime: Duration) -> Self {
        self.policy.error_lifetime = Some(lifetime);
        self
    }

    /// Returns the value of a key: the kept one, the one that is being fetched, or that of a new `fetch`. The fetch goes
    /// on when the caller stops waiting.
    ///
    /// # Errors
    /// The fetch fails.
    pub async fn get<F>(&self, key: K, fetch: impl FnOnce() -> F) -> Result<V, E>
    where
        F: Future<Output = Result<V, E>> + Send + 'static,
    {
        self.read(key, fetch, true).await
    }

    /// Returns the value of a key as it is now: the one that is being fetched, or that of a new `fetch`. It is kept for
    /// other readers.
    ///
    /// # Errors
    /// The fetch fails.
    pub async fn get_anew<F>(&self, key: K, fetch: impl FnOnce() -> F) -> Result<V, E>
    where
        F: Future<Output = Result<V, E>> + Send + 'static,
    {
        self.read(key, fetch, false).await
    }

    /// Drops a key's value. The next reader starts a new fetch, even if one is under way.
    pub fn forget(&self, key: &K) {
        let forgotten = lock(&self.entries).remove(key);
        drop(forgotten);
    }

    async fn read<F>(&self, key: K, fetch: impl FnOnce() -> F, allow_kept: bool) -> Result<V, E>
    where
        F: Future<Output = Result<V, E>> + Send + 'static,
    {
        let mut flight = {
            let mut entries = lock(&self.entries);
            let now = Instant::now();
            let entry = entries.get(&key);
            let flight = entry.and_then(|entry| entry.flight.clone());
            let kept = entry.and_then(|entry| entry.kept.as_ref());
            match kept.filter(|kept| allow_kept && !self.policy.is_over(kept, now)) {
                Some(kept) => {
                    let result = kept.result.clone();
                    if flight.is_none() && self.policy.is_due(kept, now) {
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

    /// Starts a fetch in a task of its own.
    fn start(
        &self,
        entries: &mut HashMap<K, Entry<V, E>>,
        key: K,
        now: Instant,
        fetch: impl Future<Output = Result<V, E>> + Send + 'static,
    ) -> Flight<V, E> {
        let (sender, flight) = watch::channel(None);
        let entry = entries.entry(key.clone()).or_insert(Entry {
            kept: None,
            flight: None,
        });
        entry.flight = Some(flight.clone());
        let mut landing = Landing {
            policy: self.policy,
            entries: Arc::clone(&self.entries),
            key,
            started: now,
            sender,
            result: None,
        };
        tokio::spawn(async move { landing.result = Some(fetch.await) });
        flight
    }
}

impl Policy {
    fn lifetime<V, E>(&self, kept: &Kept<V, E>) -> Duration {
        match kept.result {
            Ok(_) => self.lifetime,
            Err(_) => self.error_lifetime.unwrap_or_default(),
        }
    }

    /// Returns whether a value is served no longer.
    fn is_over<V, E>(&self, kept: &Kept<V, E>, now: Instant) -> bool {
        now - kept.since >= self.lifetime(kept) + self.stale_for
    }

    /// Returns whether the next fetch should start although the value is still served.
    fn is_due<V, E>(&self, kept: &Kept<V, E>, now: Instant) -> bool {
        let lifetime = self.lifetime(kept);
        let ahead = if self.refresh_ahead {
            (kept.took * 3).min(lifetime / 2)
        } else {
            Duration::ZERO
        };
        now - kept.since >= lifetime - ahead
    }

    /// Removes the expired values, and the oldest one if there is still one more than the capacity. Checked where a value
    /// is added, because any number of fetches may be under way.
    fn evict<K: Eq + Hash, V, E>(
        &self,
        entries: &mut HashMap<K, Entry<V, E>>,
        now: Instant,
    ) -> Vec<Kept<V, E>> {
        let mut evicted: Vec<_> = entries
            .values_mut()
            .filter_map(|entry| entry.kept.take_if(|kept| self.is_over(kept, now)))
            .collect();
        let kept = entries.values().filter(|entry| entry.kept.is_some());
        if kept.count() > self.capacity {
            let kept = entries.values_mut().filter(|entry| entry.kept.is_some());
            let oldest = kept.min_by_key(|entry| entry.kept.as_ref().map(|kept| kept.since));
            evicted.extend(oldest.and_then(|entry| entry.kept.take()));
        }
        entries.retain(|_, entry| entry.kept.is_some() || entry.flight.is_some());
        evicted
    }
}

/// Ends a flight when dropped, also when the fetch panics: the next reader starts a new one.
struct Landing<K: Eq + Hash, V: Clone, E: Clone> {
    policy: Policy,
    entries: Entries<K, V, E>,
    key: K,
    started: Instant,
    sender: watch::Sender<Option<Result<V, E>>>,
    result: Option<Result<V, E>>,
}

impl<K: Eq + Hash, V: Clone, E: Clone> Landing<K, V, E> {
    fn kept(&self, now: Instant) -> Option<Kept<V, E>> {
        let result = self.result.clone()?;
        let since = if result.is_ok() { self.started } else { now };
        (result.is_ok() || self.policy.error_lifetime.is_some()).then(|| Kept {
            result,
            since,
            took: now - self.started,
        })
    }

    /// Puts the result into the cache, unless the key was forgotten meanwhile. Returns the values that are to be freed
    /// after the lock.
    fn land(&self) -> Vec<Kept<V, E>> {
        let now = Instant::now();
        let kept = self.kept(now);
        let is_own = |flight: &Flight<V, E>| self.sender.subscribe().same_channel(flight);
        let mut entries = lock(&self.entries);
        let Some(entry) = entries
            .get_mut(&self.key)
            .filter(|entry| entry.flight.as_ref().is_some_and(is_own))
        else {
            return kept.into_iter().collect();
        };
        entry.flight = None;
        let replaced = kept.and_then(|kept| entry.kept.replace(kept));
        let mut evicted = self.policy.evict(&mut entries, now);
        evicted.extend(replaced);
        evicted
    }
}

impl<K: Eq + Hash, V: Clone, E: Clone> Drop for Landing<K, V, E> {
    fn drop(&mut self) {
        let _evicted = self.land();
        // After the value is in the cache, where the readers' next look finds it.
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
