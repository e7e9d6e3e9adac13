//! How long to wait before a part is started again.

use std::time::Duration;

const FIRST: Duration = Duration::from_millis(500);
const LONGEST: Duration = Duration::from_secs(30);

/// After a part was ready for this long, its backoff is reset.
const HEALTHY_AFTER: Duration = Duration::from_secs(60);

/// Doubles from 0.5 s to 30 s, and is reset when the part was ready for 60 s.
#[derive(Debug)]
pub struct Backoff {
    next: Duration,
}

impl Default for Backoff {
    fn default() -> Self {
        Self { next: FIRST }
    }
}

impl Backoff {
    /// Returns the wait after a run in which the part was ready for `ready_for`.
    pub fn after(&mut self, ready_for: Duration) -> Duration {
        if ready_for >= HEALTHY_AFTER {
            self.next = FIRST;
        }
        let wait = self.next;
        self.next = (wait * 2).min(LONGEST);
        wait
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_doubles_up_to_a_limit_and_begins_anew_after_a_healthy_run() {
        let mut backoff = Backoff::default();
        let waits: Vec<f64> = (0..8)
            .map(|_| backoff.after(Duration::ZERO).as_secs_f64())
            .collect();
        assert_eq!(waits, [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0]);
        assert_eq!(backoff.after(Duration::from_secs(59)).as_secs_f64(), 30.0);
        assert_eq!(backoff.after(Duration::from_secs(60)).as_secs_f64(), 0.5);
        assert_eq!(backoff.after(Duration::ZERO).as_secs_f64(), 1.0);
    }
}
