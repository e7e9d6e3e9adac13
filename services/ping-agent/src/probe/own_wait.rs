//! The time that a probe waits for the agent itself, which says nothing about the target.

use std::time::Duration;

use tokio::time::Instant;

/// A shorter wait changes nothing about a probe's result.
const CONSIDERABLE: Duration = Duration::from_millis(10);

/// How long a probe waited for what other probes had taken. Right also when the probe is dropped while it waits.
#[derive(Debug, Default)]
pub(crate) struct OwnWait {
    since: Option<Instant>,
    total: Duration,
}

impl OwnWait {
    /// Waits, and counts the time.
    pub(crate) async fn during<T>(&mut self, wait: impl Future<Output = T>) -> T {
        let since = *self.since.insert(Instant::now());
        let result = wait.await;
        self.since = None;
        self.total += since.elapsed();
        result
    }

    /// Returns whether the probe would have had a considerable time more.
    pub(crate) fn is_considerable(&self) -> bool {
        self.since.is_some() || self.total >= CONSIDERABLE
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::{sleep, timeout};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_wait_counts_also_when_it_is_cut_short() {
        let mut own_wait = OwnWait::default();
        own_wait.during(async {}).await;
        assert!(!own_wait.is_considerable());
        let cut = timeout(CONSIDERABLE / 2, own_wait.during(sleep(CONSIDERABLE))).await;
        assert!(cut.is_err() && own_wait.is_considerable());
        let mut own_wait = OwnWait::default();
        own_wait.during(sleep(CONSIDERABLE)).await;
        assert!(own_wait.is_considerable());
    }
}
