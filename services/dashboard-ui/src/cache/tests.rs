use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;

const PATIENCE: Duration = Duration::from_millis(60);
const LIFETIME: Duration = Duration::from_secs(15);

/// A cache whose fetches give their own number after `takes`.
struct Counted {
    cache: Cache<&'static str, usize>,
    fetches: Arc<AtomicUsize>,
    takes: Duration,
}

impl Counted {
    fn new(takes: Duration) -> Self {
        Self {
            cache: Cache::new(2),
            fetches: Arc::default(),
            takes,
        }
    }

    async fn get(&self, key: &'static str) -> Option<usize> {
        let (fetches, takes) = (Arc::clone(&self.fetches), self.takes);
        let fetch = || async move {
            tokio::time::sleep(takes).await;
            (fetches.fetch_add(1, Ordering::SeqCst) + 1, LIFETIME)
        };
        self.cache.get(key, PATIENCE, fetch).await
    }
}

#[tokio::test(start_paused = true)]
async fn readers_at_the_same_time_share_one_fetch() {
    let counted = Counted::new(Duration::from_millis(20));
    let all = futures::future::join_all((0..50).map(|_| counted.get("a"))).await;
    assert!(all.iter().all(|answer| *answer == Some(1)));
}

#[tokio::test(start_paused = true)]
async fn a_slow_fetch_costs_no_more_than_the_patience_and_serves_the_next() {
    let counted = Counted::new(Duration::from_secs(2));
    let started = Instant::now();
    assert_eq!(counted.get("a").await, None);
    assert_eq!(started.elapsed(), PATIENCE);
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(counted.get("a").await, Some(1));
}

#[tokio::test(start_paused = true)]
async fn an_old_answer_is_given_while_the_next_is_on_its_way_but_not_for_long() {
    let counted = Counted::new(Duration::from_millis(20));
    assert_eq!(counted.get("a").await, Some(1));
    tokio::time::sleep(LIFETIME).await;
    assert_eq!(counted.get("a").await, Some(1));
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(counted.get("a").await, Some(2));
    tokio::time::sleep(LIFETIME + STALE_FOR).await;
    assert_eq!(counted.get("a").await, Some(3), "older than anybody wants");
}

#[tokio::test(start_paused = true)]
async fn what_is_forgotten_is_asked_for_anew_even_if_it_was_under_way() {
    let counted = Counted::new(Duration::from_millis(50));
    let (before, after) = tokio::join!(counted.get("a"), async {
        tokio::time::sleep(Duration::from_millis(10)).await;
        counted.cache.forget(&"a");
        counted.get("a").await
    });
    assert_eq!((before, after), (Some(1), Some(2)));
    assert_eq!(counted.get("a").await, Some(2));
}

#[tokio::test(start_paused = true)]
async fn the_oldest_answer_makes_room() {
    let counted = Counted::new(Duration::from_millis(1));
    for key in ["a", "b", "c"] {
        counted.get(key).await;
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert_eq!(counted.get("c").await, Some(3));
    assert_eq!(counted.get("b").await, Some(2));
    assert_eq!(counted.get("a").await, Some(4));
}

#[tokio::test(start_paused = true)]
async fn a_fetch_that_panics_leaves_room_for_the_next() {
    let cache: Cache<(), usize> = Cache::new(1);
    let broken = || async { panic!("as the test wants it") };
    assert_eq!(cache.get((), PATIENCE, broken).await, None);
    let good = || async { (7, LIFETIME) };
    assert_eq!(cache.get((), PATIENCE, good).await, Some(7));
}
