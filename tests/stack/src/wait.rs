//! Waiting for what must happen, with a deadline.

use std::future::Future;
use std::time::{Duration, Instant};

const PAUSE: Duration = Duration::from_millis(250);

/// Asks again and again until there is an answer, and gives it with the time that took.
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

/// [`within`] a minute.
///
/// # Panics
/// There is no answer within a minute.
pub async fn eventually<T, F: Future<Output = Option<T>>>(what: &str, ask: impl FnMut() -> F) -> T {
    within(Duration::from_secs(60), what, ask).await.0
}
