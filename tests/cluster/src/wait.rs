//! Waits with a deadline.

use std::thread;
use std::time::{Duration, Instant};

const PAUSE: Duration = Duration::from_millis(500);

/// Waits 500 ms before the next poll.
#[allow(clippy::disallowed_methods, reason = "there is no runtime here")]
pub fn pause() {
    thread::sleep(PAUSE);
}

/// Polls until `poll` succeeds, prints the time since `since`, and returns the value.
///
/// # Panics
/// `poll` does not succeed within `limit` since `since`; the message contains `what` and the last error.
pub fn within<T>(
    limit: Duration,
    since: Instant,
    what: &str,
    mut poll: impl FnMut() -> Result<T, String>,
) -> T {
    loop {
        let last = match poll() {
            Ok(value) => {
                println!("   {what}: after {:.0} s", since.elapsed().as_secs_f64());
                return value;
            }
            Err(last) => last,
        };
        assert!(
            since.elapsed() < limit,
            "{what}: not within {limit:?}; last error: {last}"
        );
        pause();
    }
}
