use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::time::timeout;

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
const STALE_FOR: Duration = Duration::from_secs(30);

/// A cache that counts its fetches. A fetch takes a second and returns its own number.
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
async fn concurrent_readers_share_one_fetch() {
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
async fn a_value_is_cached_for_its_lifetime_from_the_start_of_its_fetch() {
    let counted = Counted::new(SingleFlight::new(LIFETIME, 8));
    assert_eq!(counted.get("a").await, Ok(1));
    tokio::time::advance(LIFETIME - FETCH - Duration::from_millis(10)).await;
    assert_eq!(counted.get("a").await, Ok(1));
    tokio::time::advance(Duration::from_millis(10)).await;
    assert_eq!(counted.get("a").await, Ok(2));
}

#[tokio::test(start_paused = true)]
async fn without_a_lifetime_only_concurrent_readers_share_a_fetch() {
    let counted = Counted::new(SingleFlight::new(Duration::ZERO, 8));
    let both = tokio::join!(counted.get("a"), counted.get("a"));
    assert_eq!(both, (Ok(1), Ok(1)));
    assert_eq!(counted.get("a").await, Ok(2));
}

#[tokio::test(start_paused = true)]
async fn get_fresh_updates_the_value_for_other_readers() {
    let counted = Counted::new(SingleFlight::new(LIFETIME, 8));
    assert_eq!(counted.get("a").await, Ok(1));
    let fetch = || async { Ok(7) };
    assert_eq!(counted.cache.get_fresh("a", fetch).await, Ok(7));
    assert_eq!(counted.get("a").await, Ok(7));
}

#[tokio::test(start_paused = true)]
async fn with_refresh_ahead_no_reader_waits() {
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
async fn a_stale_value_is_served_during_the_next_fetch_until_it_is_too_old() {
    let counted = Counted::new(SingleFlight::new(LIFETIME, 8).serve_stale_for(STALE_FOR));
    assert_eq!(counted.get("a").await, Ok(1));
    tokio::time::sleep(LIFETIME).await;
    let before = Instant::now();
    assert_eq!(counted.get("a").await, Ok(1));
    assert_eq!(before.elapsed(), Duration::ZERO);
    tokio::time::sleep(FETCH + FETCH / 2).await;
    assert_eq!(counted.get("a").await, Ok(2));
    tokio::time::sleep(LIFETIME + STALE_FOR).await;
    assert_eq!(counted.get("a").await, Ok(3), "too old to be served");
}

#[tokio::test(start_paused = true)]
async fn a_fetch_continues_after_its_reader_timed_out_and_serves_the_next() {
    let counted = Counted::new(SingleFlight::new(LIFETIME, 8));
    let patience = FETCH / 20;
    let before = Instant::now();
    assert!(timeout(patience, counted.get("a")).await.is_err());
    assert_eq!(before.elapsed(), patience);
    tokio::time::sleep(FETCH).await;
    let at_once = timeout(Duration::ZERO, counted.get("a")).await;
    assert_eq!(at_once, Ok(Ok(1)));
}

#[tokio::test(start_paused = true)]
async fn a_fetch_continues_when_its_first_reader_is_cancelled() {
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
async fn invalidate_starts_a_new_fetch_even_if_one_is_in_progress() {
    let counted = Counted::new(SingleFlight::new(LIFETIME, 8));
    let (before, after) = tokio::join!(counted.get("a"), async {
        tokio::time::sleep(FETCH / 2).await;
        counted.cache.invalidate(&"a");
        counted.get("a").await
    });
    assert_eq!((before, after), (Ok(1), Ok(2)));
    assert_eq!(counted.get("a").await, Ok(2));
}

#[tokio::test(start_paused = true)]
async fn an_error_is_shared_but_not_cached() {
    let counted = Counted::new(SingleFlight::new(LIFETIME, 8));
    let both = tokio::join!(counted.get("away"), counted.get("away"));
    assert_eq!(both, (Err(Failure::Away), Err(Failure::Away)));
    assert_eq!(counted.get("away").await, Err(Failure::Away));
    assert_eq!(counted.fetches.load(Ordering::SeqCst), 2);
    assert!(lock(&counted.cache.entries).is_empty());
}

#[tokio::test(start_paused = true)]
async fn an_error_can_be_cached_for_a_while_after_it_occurred() {
    let error_lifetime = FETCH / 2;
    let counted = Counted::new(SingleFlight::new(LIFETIME, 8).cache_errors_for(error_lifetime));
    assert_eq!(counted.get("away").await, Err(Failure::Away));
    assert_eq!(counted.get("away").await, Err(Failure::Away));
    assert_eq!(counted.fetches.load(Ordering::SeqCst), 1);
    tokio::time::advance(error_lifetime).await;
    assert_eq!(counted.get("away").await, Err(Failure::Away));
    assert_eq!(counted.fetches.load(Ordering::SeqCst), 2);
}

#[tokio::test(start_paused = true)]
async fn a_fetch_that_panics_fails_only_its_own_readers() {
    let cache: SingleFlight<(), usize, Failure> = SingleFlight::new(LIFETIME, 1);
    let answer = cache.get((), || async { panic!("expected by this test") });
    assert_eq!(answer.await, Err(Failure::Cancelled));
    assert_eq!(cache.get((), || async { Ok(7) }).await, Ok(7));
}

#[tokio::test(start_paused = true)]
async fn at_most_capacity_values_are_cached() {
    let counted = Counted::new(SingleFlight::new(LIFETIME * 9, 2));
    for key in ["a", "b", "c"] {
        counted.get(key).await.unwrap();
    }
    assert_eq!(counted.get("b").await, Ok(2));
    assert_eq!(counted.get("c").await, Ok(3));
    assert_eq!(counted.get("a").await, Ok(4), "the oldest is evicted");
}

#[tokio::test(start_paused = true)]
async fn the_next_fetch_removes_expired_values() {
    let counted = Counted::new(SingleFlight::new(LIFETIME, 8));
    for key in ["a", "b"] {
        counted.get(key).await.unwrap();
    }
    tokio::time::sleep(LIFETIME).await;
    counted.get("c").await.unwrap();
    let keys: Vec<_> = lock(&counted.cache.entries).keys().copied().collect();
    assert_eq!(keys, ["c"]);
}

#[tokio::test(start_paused = true)]
async fn concurrent_fetches_leave_at_most_capacity_values() {
    let counted = Counted::new(SingleFlight::new(LIFETIME * 9, 2));
    let keys = ["a", "b", "c", "d", "e", "f"];
    let answers = futures::future::join_all(keys.map(|key| counted.get(key))).await;
    assert!(answers.iter().all(Result::is_ok));
    assert_eq!(lock(&counted.cache.entries).len(), 2);
}
