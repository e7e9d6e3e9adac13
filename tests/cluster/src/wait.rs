//! Waiting for what must happen, with a deadline.

use std::thread;
use std::time::{Duration, Instant};

const PAUSE: Duration = Duration::from_millis(500);

/// Waits a moment before the next question.
#[allow(clippy::disallowed_methods, reason = "there is no runtime here")]
pub fn pause() {
    thread::sleep(PAUSE);
}

/// Asks again and again until there is an answer, prints how long that took since `since`, and gives the answer.
///
/// # Panics
/// There is none within `limit`; the message says `what` was waited for, and what was seen last.
pub fn within<T>(
    limit: Duration,
    since: Instant,
    what: &str,
    mut ask: impl FnMut() -> Result<T, String>,
) -> T {
    loop {
        let last = match ask() {
            Ok(answer) => {
                println!("   {what}: after {:.0} s", since.elapsed().as_secs_f64());
                return answer;
            }
            Err(last) => last,
        };
        assert!(
            since.elapsed() < limit,
            "{what}: not within {limit:?}; last seen: {last}"
        );
        pause();
    }
}
