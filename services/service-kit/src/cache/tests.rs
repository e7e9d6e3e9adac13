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
async fn a_value_fetched_anew_is_the_other_readers_value_too() {
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
async fn a_stale_value_is_served_while_the_next_is_fetched_but_not_for_long() {
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
async fn a_slow_fetch_costs_an_impatient_reader_no_more_than_its_patience_and_serves_the_next() {
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
async fn a_forgotten_value_is_fetched_anew_even_if_it_was_under_way() {
    let counted = Counted::new(SingleFlight::new(LIFETIME, 8));
    let (before, after) = tokio::join!(counted.get("a"), async {
        tokio::time::sleep(FETCH / 2).await;
        counted.cache.forget(&"a");
        counted.get("a").await
    });
    assert_eq!((before, after), (Ok(1), Ok(2)));
    assert_eq!(counted.get("a").await, Ok(2));
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
async fn an_error_can_be_kept_for_a_while_after_it_occurred() {
    let error_lifetime = FETCH / 2;
    let counted = Counted::new(SingleFlight::new(LIFETIME, 8).keep_errors_for(error_lifetime));
    assert_eq!(counted.get("away").await, Err(Failure::Away));
    assert_eq!(counted.get("away").await, Err(Failure::Away));
    assert_eq!(counted.fetches.load(Ordering::SeqCst), 1);
    tokio::time::advance(error_lifetime).await;
    assert_eq!(counted.get("away").await, Err(Failure::Away));
    assert_eq!(counted.fetches.load(Ordering::SeqCst), 2);
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
async fn expired_values_go_with_the_next_fetch() {
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
