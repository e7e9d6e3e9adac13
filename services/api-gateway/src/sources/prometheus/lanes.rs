//! How many queries Prometheus evaluates for the gateway at the same time. It evaluates its rules on the same cores, so
//! unlimited queries would delay alerts.

use std::time::Duration;

use service_kit::{Limit, Limits, Permit};

use super::query::QueryError;

/// Queries of a fixed list: their answers are kept and shared, so that more readers are not more queries.
const QUERIES: usize = 4;

/// Queries about windows that readers choose, each of which is another one.
const WINDOWS: usize = 1;

/// Queries about such windows that wait in line.
const WAITING: usize = 16;

/// How long they wait.
const WINDOW_PATIENCE: Duration = Duration::from_secs(2);

/// The kind of a query.
#[derive(Debug, Clone, Copy)]
pub(super) enum Lane {
    /// One that tells the state of the lab. There are two, asked one at a time, and they never wait.
    Status,
    /// One of a fixed list.
    Fixed {
        /// How long it waits.
        patience: Duration,
    },
    /// One about a window that a reader chose.
    Window,
}

/// The lanes of all queries of this gateway.
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

    /// Waits until a query may be sent; it may run while the permit is kept.
    pub(super) async fn enter(&self, lane: Lane) -> Result<Option<Permit>, QueryError> {
        let permit = match lane {
            Lane::Status => return Ok(None),
            Lane::Fixed { patience } => {
                let permit = self.queries.acquire_within(1, patience).await;
                permit.ok_or(QueryError::Deadline(patience))?
            }
            Lane::Window => {
                let _place = self.waiting.try_acquire(1).ok_or(QueryError::Busy)?;
                let permit = self.windows.acquire_within(1, WINDOW_PATIENCE).await;
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
    async fn of_many_windows_at_once_one_is_asked_a_few_wait_and_the_rest_is_refused_at_once() {
        let lanes = lanes();
        let asking = lanes.enter(Lane::Window).await.unwrap();
        let started = Instant::now();
        let asked = (0..500).map(|_| async {
            let outcome = lanes.enter(Lane::Window).await;
            assert_eq!(outcome.err(), Some(QueryError::Busy));
            started.elapsed()
        });
        let waited = join_all(asked).await;
        let at_once = waited.iter().filter(|waited| waited.is_zero());
        assert_eq!(at_once.count(), 500 - WAITING);
        assert_eq!(waited.iter().max(), Some(&WINDOW_PATIENCE));
        drop(asking);
        assert!(lanes.enter(Lane::Window).await.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn windows_do_not_take_the_place_of_other_questions() {
        let lanes = lanes();
        let fixed = Lane::Fixed {
            patience: Duration::from_secs(1),
        };
        let _window = lanes.enter(Lane::Window).await.unwrap();
        let asking = join_all((0..QUERIES).map(|_| lanes.enter(fixed))).await;
        assert!(asking.iter().all(Result::is_ok));
        let late = lanes.enter(fixed).await;
        assert_eq!(
            late.err(),
            Some(QueryError::Deadline(Duration::from_secs(1)))
        );
        assert!(lanes.enter(Lane::Status).await.is_ok());
    }
}
