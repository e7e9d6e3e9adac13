//! Limits on concurrent queries. Prometheus evaluates its rules on the same cores, so more queries would delay alerts.

use std::time::Duration;

use service_kit::{Limit, Limits, Permit};

use super::query::QueryError;

/// The most concurrent fixed queries. Their answers are cached for all clients, so more clients do not send more queries.
const QUERIES: usize = 4;

/// The most concurrent queries for custom windows, which clients choose freely.
const WINDOWS: usize = 1;

/// The most queries for custom windows that run or wait.
const WAITING: usize = 16;

/// How long a query for a custom window waits.
const WINDOW_MAX_WAIT: Duration = Duration::from_secs(2);

/// The kind of a query.
#[derive(Debug, Clone, Copy)]
pub(super) enum Lane {
    /// A status query, which never waits. There are two, each sent one at a time.
    Status,
    /// A fixed query.
    Fixed {
        /// How long the query waits.
        max_wait: Duration,
    },
    /// A query for a custom window.
    Window,
}

/// The limits of each kind of query.
#[derive(Debug)]
pub(super) struct Lanes {
    queries: Limit,
    windows: Limit,
    waiting: Limit,
}

impl Lanes {
    pub(super) fn new(limits: &Limits) -> Self {
        Self {
            queries: limits.limit("prometheus_queries", QUERIES),
            windows: limits.limit("prometheus_windows", WINDOWS),
            waiting: limits.limit("windows_waiting", WAITING),
        }
    }

    /// Waits until a query may be sent. The permit must be held while the query runs.
    pub(super) async fn enter(&self, lane: Lane) -> Result<Option<Permit>, QueryError> {
        let permit = match lane {
            Lane::Status => return Ok(None),
            Lane::Fixed { max_wait } => {
                let permit = self.queries.acquire_within(1, max_wait).await;
                permit.ok_or(QueryError::Deadline(max_wait))?
            }
            Lane::Window => {
                let _waiting = self.waiting.try_acquire(1).ok_or(QueryError::Busy)?;
                let permit = self.windows.acquire_within(1, WINDOW_MAX_WAIT).await;
                permit.ok_or(QueryError::Busy)?
            }
        };
        Ok(Some(permit))
    }
}

#[cfg(test)]
mod tests {
    use futures::future::join_all;
    use tokio::time::Instant;

    use super::*;

    fn lanes() -> Lanes {
        Lanes::new(&Limits::register(&prometheus::Registry::new()).unwrap())
    }

    #[tokio::test(start_paused = true)]
    async fn of_many_custom_windows_one_runs_a_few_wait_and_the_rest_is_rejected_at_once() {
        let lanes = lanes();
        let running = lanes.enter(Lane::Window).await.unwrap();
        let started = Instant::now();
        let waiting = (0..500).map(|_| async {
            let outcome = lanes.enter(Lane::Window).await;
            assert_eq!(outcome.err(), Some(QueryError::Busy));
            started.elapsed()
        });
        let waited = join_all(waiting).await;
        let at_once = waited.iter().filter(|waited| waited.is_zero());
        assert_eq!(at_once.count(), 500 - WAITING);
        assert_eq!(waited.iter().max(), Some(&WINDOW_MAX_WAIT));
        drop(running);
        assert!(lanes.enter(Lane::Window).await.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn custom_windows_do_not_block_other_queries() {
        let lanes = lanes();
        let fixed = Lane::Fixed {
            max_wait: Duration::from_secs(1),
        };
        let _window = lanes.enter(Lane::Window).await.unwrap();
        let running = join_all((0..QUERIES).map(|_| lanes.enter(fixed))).await;
        assert!(running.iter().all(Result::is_ok));
        let late = lanes.enter(fixed).await;
        assert_eq!(
            late.err(),
            Some(QueryError::Deadline(Duration::from_secs(1)))
        );
        assert!(lanes.enter(Lane::Status).await.is_ok());
    }
}
