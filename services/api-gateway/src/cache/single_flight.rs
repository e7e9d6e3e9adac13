//! One fetch for all who ask at the same time, and its answer for those who ask soon after.

use std::collections::HashMap;
use std::fmt;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

/// A fetch that ended without an answer: it panicked, or the runtime is shutting down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the request was given up")]
pub struct Cancelled;

/// Values by key, each fetched at most once at a time.
///
/// - A value is handed out while it is younger than the lifetime, counted from the *start* of its fetch: what it says
///   can be no older.
/// - A fetch runs in a task of its own: a reader that goes away takes nothing from the others.
/// - An error goes to those who waited for it and is not kept.
/// - At most `capacity` values are kept; the oldest goes first. Those whose lifetime is over go with the next fetch.
pub struct SingleFlight<K, V, E> {
    lifetime: Duration,
    refresh_ahead: bool,
    capacity: usize,
    entries: Arc<Mutex<HashMap<K, Entry<V, E>>>>,
}

struct Entry<V, E> {
    kept: Option<Kept<V>>,
    flight: Option<Flight<V, E>>,
}

struct Kept<V> {
    started: Instant,
    /// How long the fetch took.
    took: Duration,
    value: V,
}

type Flight<V, E> = watch::Receiver<Option<Result<V, E>>>;

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
            lifetime,
            refresh_ahead: false,
            capacity,
            entries: Arc::default(),
        }
    }

    /// Lets a reader start the next fetch before the value's lifetime is over, without waiting for it, so that busy
    /// readers never wait: three times as long before as the last fetch took, but not in the first half.
    #[must_use]
    pub fn refresh_ahead(self) -> Self {
        Self {
            refresh_ahead: true,
            ..self
        }
    }

    /// The value of a key: the kept one, the one that is being fetched, or that of a new `fetch`.
    ///
    /// # Errors
    /// That of the fetch.
    pub async fn get<F>(&self, key: K, fetch: impl FnOnce() -> F) -> Result<V, E>
    where
        F: Future<Output = Result<V, E>> + Send + 'static,
    {
        self.get_within(self.lifetime, key, fetch).await
    }

    /// The value of a key as it is now: the one that is being fetched, or that of a new `fetch`. It is kept for others.
    ///
    /// # Errors
    /// That of the fetch.
    pub async fn get_anew<F>(&self, key: K, fetch: impl FnOnce() -> F) -> Result<V, E>
    where
        F: Future<Output = Result<V, E>> + Send + 'static,
    {
        self.get_within(Duration::ZERO, key, fetch).await
    }

    async fn get_within<F>(&self, age: Duration, key: K, fetch: impl FnOnce() -> F) -> Result<V, E>
    where
        F: Future<Output = Result<V, E>> + Send + 'static,
    {
        let mut flight = {
            let mut entries = lock(&self.entries);
            let now = Instant::now();
            let entry = entries.get_mut(&key);
            let flying = entry.as_ref().and_then(|entry| entry.flight.clone());
            match entry.and_then(|entry| entry.kept.as_ref()) {
                Some(kept) if now - kept.started < age => {
                    let value = kept.value.clone();
                    if flying.is_none() && self.is_due(kept, now) {
                        self.take_off(&mut entries, key, now, fetch());
                    }
                    return Ok(value);
                }
                _ => flying.unwrap_or_else(|| self.take_off(&mut entries, key, now, fetch())),
            }
        };
        match flight.wait_for(Option::is_some).await.as_deref() {
            Ok(Some(landed)) => landed.clone(),
            _ => Err(Cancelled.into()),
        }
    }

    /// Whether the next fetch should start although the value still lives.
    fn is_due(&self, kept: &Kept<V>, now: Instant) -> bool {
        let ahead = (kept.took * 3).min(self.lifetime / 2);
        self.refresh_ahead && now - kept.started >= self.lifetime - ahead
    }

    /// Starts a fetch in a task of its own.
    fn take_off(
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
            entries: Arc::clone(&self.entries),
            capacity: self.capacity,
            lifetime: self.lifetime,
            key,
            kept: None,
        };
        tokio::spawn(async move {
            let outcome = fetch.await;
            landing.kept = outcome.as_ref().ok().map(|value| Kept {
                started: now,
                took: now.elapsed(),
                value: value.clone(),
            });
            drop(landing);
            sender.send_replace(Some(outcome));
        });
        flight
    }
}

/// Ends a flight when dropped, also when the fetch panics: the next reader starts a new one.
struct Landing<K: Eq + Hash, V, E> {
    entries: Arc<Mutex<HashMap<K, Entry<V, E>>>>,
    capacity: usize,
    lifetime: Duration,
    key: K,
    kept: Option<Kept<V>>,
}

impl<K: Eq + Hash, V, E> Drop for Landing<K, V, E> {
    fn drop(&mut self) {
        // Freed after the lock, like what `self.kept` is swapped for.
        let _surplus;
        let mut entries = lock(&self.entries);
        let Some(entry) = entries.get_mut(&self.key) else {
            return;
        };
        entry.flight = None;
        if self.kept.is_some() {
            std::mem::swap(&mut entry.kept, &mut self.kept);
        }
        if entry.kept.is_none() {
            entries.remove(&self.key);
        }
        _surplus = take_surplus(&mut entries, self.capacity, self.lifetime);
    }
}

/// Takes out the values whose lifetime is over, and the oldest one if there is still one more than may be kept. Checked
/// where a value is added, because any number of fetches may be under way.
fn take_surplus<K: Eq + Hash, V, E>(
    entries: &mut HashMap<K, Entry<V, E>>,
    capacity: usize,
    lifetime: Duration,
) -> Vec<Kept<V>> {
    let is_over = |kept: &mut Kept<V>| kept.started.elapsed() >= lifetime;
    let mut surplus: Vec<_> = entries
        .values_mut()
        .filter_map(|entry| entry.kept.take_if(is_over))
        .collect();
    let kept = entries.values_mut().filter(|entry| entry.kept.is_some());
    if kept.count() > capacity {
        let kept = entries.values_mut().filter(|entry| entry.kept.is_some());
        let oldest = kept.min_by_key(|entry| entry.kept.as_ref().map(|kept| kept.started));
        surplus.extend(oldest.and_then(|entry| entry.kept.take()));
    }
    entries.retain(|_, entry| entry.kept.is_some() || entry.flight.is_some());
    surplus
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<K, V, E> fmt::Debug for SingleFlight<K, V, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SingleFlight")
            .field("lifetime", &self.lifetime)
            .field("capacity", &self.capacity)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[derive(Debug, Clone, PartialEq)]
    enum Failure {
        Away,
        Cancelled,
    }

    impl From<Cancelled> for Failure {
        fn from(_: Cancelled) -> Self {
            Self::Cancelled
        }
    }

    const LIFETIME: Duration = Duration::from_secs(4);
    const FETCH: Duration = Duration::from_secs(1);

    /// A cache and how often it fetched; a fetch takes a second and gives its own number.
    struct Counted {
        cache: SingleFlight<&'static str, usize, Failure>,
        fetches: Arc<AtomicUsize>,
    }

    impl Counted {
        fn new(cache: SingleFlight<&'static str, usize, Failure>) -> Arc<Self> {
            let fetches = Arc::default();
            Arc::new(Self { cache, fetches })
        }

        async fn get(&self, key: &'static str) -> Result<usize, Failure> {
            let fetches = Arc::clone(&self.fetches);
            let fetch = || async move {
                let number = fetches.fetch_add(1, Ordering::SeqCst) + 1;
                tokio::time::sleep(FETCH).await;
                if key == "away" {
                    Err(Failure::Away)
                } else {
                    Ok(number)
                }
            };
            self.cache.get(key, fetch).await
        }
    }

    #[tokio::test(start_paused = true)]
    async fn readers_at_the_same_time_share_one_fetch() {
        let counted = Counted::new(SingleFlight::new(LIFETIME, 8));
        let readers = (0..100).map(|_| counted.get("a"));
        let answers = futures::future::join_all(readers).await;
        assert!(answers.iter().all(|answer| *answer == Ok(1)));
        assert_eq!(
            counted.get("b").await,
            Ok(2),
            "another key is another fetch"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_value_is_kept_for_its_lifetime_from_the_start_of_its_fetch() {
        let counted = Counted::new(SingleFlight::new(LIFETIME, 8));
        assert_eq!(counted.get("a").await, Ok(1));
        tokio::time::advance(LIFETIME - FETCH - Duration::from_millis(10)).await;
        assert_eq!(counted.get("a").await, Ok(1));
        tokio::time::advance(Duration::from_millis(10)).await;
        assert_eq!(counted.get("a").await, Ok(2));
    }

    #[tokio::test(start_paused = true)]
    async fn without_a_lifetime_only_readers_at_the_same_time_share() {
        let counted = Counted::new(SingleFlight::new(Duration::ZERO, 8));
        let both = tokio::join!(counted.get("a"), counted.get("a"));
        assert_eq!(both, (Ok(1), Ok(1)));
        assert_eq!(counted.get("a").await, Ok(2));
    }

    #[tokio::test(start_paused = true)]
    async fn who_wants_it_anew_gets_it_and_the_others_have_it_too() {
        let counted = Counted::new(SingleFlight::new(LIFETIME, 8));
        assert_eq!(counted.get("a").await, Ok(1));
        let fetch = || async { Ok(7) };
        assert_eq!(counted.cache.get_anew("a", fetch).await, Ok(7));
        assert_eq!(counted.get("a").await, Ok(7));
    }

    #[tokio::test(start_paused = true)]
    async fn refreshed_ahead_no_reader_waits() {
        let counted = Counted::new(SingleFlight::new(LIFETIME, 8).refresh_ahead());
        counted.get("a").await.unwrap();
        assert_eq!(counted.get("a").await, Ok(1));
        tokio::time::sleep(LIFETIME / 2 - FETCH).await;
        assert_eq!(counted.fetches.load(Ordering::SeqCst), 1, "too early");
        let before = Instant::now();
        assert_eq!(counted.get("a").await, Ok(1));
        assert_eq!(counted.get("a").await, Ok(1));
        assert_eq!(before.elapsed(), Duration::ZERO);
        tokio::time::sleep(FETCH + FETCH / 2).await;
        assert_eq!(counted.get("a").await, Ok(2));
    }

    #[tokio::test(start_paused = true)]
    async fn the_first_reader_may_leave() {
        let counted = Counted::new(SingleFlight::new(LIFETIME, 8));
        let first = {
            let counted = Arc::clone(&counted);
            tokio::spawn(async move { counted.get("a").await })
        };
        tokio::time::sleep(FETCH / 2).await;
        first.abort();
        assert_eq!(counted.get("a").await, Ok(1));
    }

    #[tokio::test(start_paused = true)]
    async fn an_error_is_shared_and_not_kept() {
        let counted = Counted::new(SingleFlight::new(LIFETIME, 8));
        let both = tokio::join!(counted.get("away"), counted.get("away"));
        assert_eq!(both, (Err(Failure::Away), Err(Failure::Away)));
        assert_eq!(counted.get("away").await, Err(Failure::Away));
        assert_eq!(counted.fetches.load(Ordering::SeqCst), 2);
        assert!(lock(&counted.cache.entries).is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn a_fetch_that_panics_fails_its_readers_and_no_other() {
        let cache: SingleFlight<(), usize, Failure> = SingleFlight::new(LIFETIME, 1);
        let answer = cache.get((), || async { panic!("as the test wants it") });
        assert_eq!(answer.await, Err(Failure::Cancelled));
        assert_eq!(cache.get((), || async { Ok(7) }).await, Ok(7));
    }

    #[tokio::test(start_paused = true)]
    async fn at_most_capacity_values_are_kept() {
        let counted = Counted::new(SingleFlight::new(LIFETIME * 9, 2));
        for key in ["a", "b", "c"] {
            counted.get(key).await.unwrap();
        }
        assert_eq!(counted.get("b").await, Ok(2));
        assert_eq!(counted.get("c").await, Ok(3));
        assert_eq!(counted.get("a").await, Ok(4), "the oldest went first");
    }

    #[tokio::test(start_paused = true)]
    async fn values_whose_lifetime_is_over_go_with_the_next_fetch() {
        let counted = Counted::new(SingleFlight::new(LIFETIME, 8));
        for key in ["a", "b"] {
            counted.get(key).await.unwrap();
        }
        tokio::time::sleep(LIFETIME).await;
        counted.get("c").await.unwrap();
        let kept: Vec<_> = lock(&counted.cache.entries).keys().copied().collect();
        assert_eq!(kept, ["c"]);
    }

    #[tokio::test(start_paused = true)]
    async fn fetches_at_the_same_time_leave_no_more_than_capacity_values() {
        let counted = Counted::new(SingleFlight::new(LIFETIME * 9, 2));
        let keys = ["a", "b", "c", "d", "e", "f"];
        let answers = futures::future::join_all(keys.map(|key| counted.get(key))).await;
        assert!(answers.iter().all(Result::is_ok));
        assert_eq!(lock(&counted.cache.entries).len(), 2);
    }
}
