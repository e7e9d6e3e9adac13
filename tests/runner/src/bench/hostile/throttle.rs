//! Holds a thread to a share of a core.

use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};

/// The share of a core that the generators may use.
pub const SHARE: f64 = 0.5;

/// How far ahead of its share a thread may be: a short burst.
const BURST: Duration = Duration::from_millis(40);

/// Of the thread that made it.
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
            let ahead = self.allowed_from().saturating_sub(self.begun.elapsed());
            if ahead <= BURST {
                return;
            }
            // Thousands of tasks wait here. To wake each of them every few milliseconds would take more than the share.
            tokio::time::sleep(ahead).await;
        }
    }

    /// Returns how long the thread must have run until its processor time is within its share.
    fn allowed_from(&self) -> Duration {
        (used() - self.used).div_f64(SHARE)
    }

    /// How much of a core the thread has used.
    pub fn cores(&self) -> f64 {
        (used() - self.used).as_secs_f64() / self.begun.elapsed().as_secs_f64()
    }
}

/// The processor time of this thread.
fn used() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    // Never negative.
    Duration::try_from(time).unwrap_or_default()
}
