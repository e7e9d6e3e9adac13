//! Limits a thread to a share of a core.

use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};

/// The share of a core that the generators may use.
pub const SHARE: f64 = 0.5;

/// The processor time that a thread may use in a burst.
const BURST: Duration = Duration::from_millis(40);

/// A throttle for the thread that creates it.
#[derive(Debug, Clone, Copy)]
pub struct Throttle {
    begun: Instant,
    used: Duration,
}

impl Throttle {
    pub fn new() -> Self {
        Self {
            begun: Instant::now(),
            used: used(),
        }
    }

    /// Returns as soon as the thread is within its share.
    pub async fn pace(&self) {
        // Also lets the thread's other tasks run.
        tokio::task::yield_now().await;
        loop {
            let ahead = self.time_for_share().saturating_sub(self.begun.elapsed());
            if ahead <= BURST {
                return;
            }
            // Thousands of tasks wait here. Waking each every few milliseconds would use more than the share.
            tokio::time::sleep(ahead).await;
        }
    }

    /// Returns the elapsed time at which the used processor time is within the share.
    fn time_for_share(&self) -> Duration {
        (used() - self.used).div_f64(SHARE)
    }

    /// Returns the share of a core that the thread has used.
    pub fn cores(&self) -> f64 {
        (used() - self.used).as_secs_f64() / self.begun.elapsed().as_secs_f64()
    }
}

/// Returns the processor time of this thread.
fn used() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    // The time is never negative.
    Duration::try_from(time).unwrap_or_default()
}
