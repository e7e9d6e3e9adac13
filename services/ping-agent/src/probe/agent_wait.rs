//! The time that a probe waits for the agent itself, which says nothing about the target.

use std::time::Duration;

use tokio::time::Instant;

/// A shorter wait changes nothing about a probe's result.
const SIGNIFICANT: Duration = Duration::from_millis(10);

/// How long a probe waited for what other probes had taken. Right also when the probe is dropped while it waits.
#[derive(Debug, Default)]
pub(crate) struct AgentWait {
    since: Option<Instant>,
    total: Duration,
}

impl AgentWait {
    /// Waits, and counts the time.
    pub(crate) async fn during<T>(&mut self, wait: impl Future<Output = T>) -> T {
        let since = *self.since.insert(Instant::now());
        let result = wait.await;
        self.since = None;
        self.total += since.elapsed();
        result
    }

    /// Returns whether the probe would have had a considerable time more.
    pub(crate) fn is_significant(&self) -> bool {
        self.since.is_some() || self.total >= SIGNIFICANT
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::{sleep, timeout};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_wait_counts_also_when_it_is_cut_short() {
        let mut agent_wait = AgentWait::default();
        agent_wait.during(async {}).await;
        assert!(!agent_wait.is_significant());
        let cut = timeout(SIGNIFICANT / 2, agent_wait.during(sleep(SIGNIFICANT))).await;
        assert!(cut.is_err() && agent_wait.is_significant());
        let mut agent_wait = AgentWait::default();
        agent_wait.during(sleep(SIGNIFICANT)).await;
        assert!(agent_wait.is_significant());
    }
}
