//! The time that a probe waits for the agent itself. It says nothing about the target.

use std::time::Duration;

use tokio::time::Instant;

/// A shorter wait does not affect the result of a probe.
const SIGNIFICANT: Duration = Duration::from_millis(10);

/// The time that a probe waited for resources in use by other probes, including a wait during which the probe is dropped.
#[derive(Debug, Default)]
pub(crate) struct AgentWait {
    since: Option<Instant>,
    total: Duration,
}

impl AgentWait {
    /// Awaits `wait` and adds its duration.
    pub(crate) async fn during<T>(&mut self, wait: impl Future<Output = T>) -> T {
        let since = *self.since.insert(Instant::now());
        let result = wait.await;
        self.since = None;
        self.total += since.elapsed();
        result
    }

    /// Returns whether the wait cost the probe a significant part of its time.
    pub(crate) fn is_significant(&self) -> bool {
        self.since.is_some() || self.total >= SIGNIFICANT
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::{sleep, timeout};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_cancelled_wait_counts() {
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
