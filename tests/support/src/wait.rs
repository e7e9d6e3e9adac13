//! Waiting with a deadline.

use std::future::Future;
use std::time::{Duration, Instant};

const PAUSE: Duration = Duration::from_millis(100);

/// Calls `ask` again and again until it returns a value, and returns that with the time it took.
///
/// # Panics
/// There is none within `limit`; the message says `what` was waited for.
pub async fn within<T, F: Future<Output = Option<T>>>(
    limit: Duration,
    what: &str,
    mut ask: impl FnMut() -> F,
) -> (T, Duration) {
    let started = Instant::now();
    loop {
        if let Some(answer) = ask().await {
            let took = started.elapsed();
            println!("{what}: {:.1} s", took.as_secs_f64());
            return (answer, took);
        }
        assert!(started.elapsed() < limit, "{what}: not within {limit:?}");
        tokio::time::sleep(PAUSE).await;
    }
}

/// Waits [`within`] a minute for a value.
///
/// # Panics
/// There is none within a minute.
pub async fn eventually<T, F: Future<Output = Option<T>>>(what: &str, ask: impl FnMut() -> F) -> T {
    within(Duration::from_secs(60), what, ask).await.0
}

/// Waits [`within`] a minute for a condition.
///
/// # Panics
/// It is not met within a minute.
pub async fn until(what: &str, condition: impl AsyncFn() -> bool) {
    eventually(what, || async { condition().await.then_some(()) }).await;
}
