//! The delay before a part is restarted.

use std::time::Duration;

const FIRST: Duration = Duration::from_millis(500);
const LONGEST: Duration = Duration::from_secs(30);

/// A run in which the part was ready for this long resets the backoff.
const HEALTHY_AFTER: Duration = Duration::from_secs(60);

/// An exponential backoff from 0.5 s to 30 s. A run in which the part was ready for 60 s resets it.
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
    /// Returns the delay after a run in which the part was ready for `ready_for`.
    pub fn delay(&mut self, ready_for: Duration) -> Duration {
        if ready_for >= HEALTHY_AFTER {
            self.next = FIRST;
        }
        let delay = self.next;
        self.next = (delay * 2).min(LONGEST);
        delay
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_delay_doubles_up_to_30_s_and_a_healthy_run_resets_it() {
        let mut backoff = Backoff::default();
        let delays: Vec<f64> = (0..8)
            .map(|_| backoff.delay(Duration::ZERO).as_secs_f64())
            .collect();
        assert_eq!(delays, [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0]);
        assert_eq!(backoff.delay(Duration::from_secs(59)).as_secs_f64(), 30.0);
        assert_eq!(backoff.delay(Duration::from_secs(60)).as_secs_f64(), 0.5);
        assert_eq!(backoff.delay(Duration::ZERO).as_secs_f64(), 1.0);
    }
}
