//! Waits with a deadline.

use std::future::Future;
use std::time::{Duration, Instant};

const PAUSE: Duration = Duration::from_millis(100);

/// Polls until `poll` returns a value, and returns the value with the time that it took.
///
/// # Panics
/// `poll` returns no value within `limit`; the message contains `what`.
pub async fn within<T, F: Future<Output = Option<T>>>(
    limit: Duration,
    what: &str,
    mut poll: impl FnMut() -> F,
) -> (T, Duration) {
    let started = Instant::now();
    loop {
        if let Some(value) = poll().await {
            let took = started.elapsed();
            println!("{what}: {:.1} s", took.as_secs_f64());
            return (value, took);
        }
        assert!(started.elapsed() < limit, "{what}: not within {limit:?}");
        tokio::time::sleep(PAUSE).await;
    }
}

/// Waits [`within`] a minute for a value.
///
/// # Panics
/// There is no value within a minute.
pub async fn eventually<T, F: Future<Output = Option<T>>>(
    what: &str,
    poll: impl FnMut() -> F,
) -> T {
    within(Duration::from_secs(60), what, poll).await.0
}

/// Waits [`within`] a minute for a condition.
///
/// # Panics
/// It is not met within a minute.
pub async fn until(what: &str, condition: impl AsyncFn() -> bool) {
    eventually(what, || async { condition().await.then_some(()) }).await;
}
