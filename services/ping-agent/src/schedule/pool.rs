//! The pool of probes in flight: limits their number, and shares it between targets that answer and targets that hang.
//!
//! A probe of a target that never answers stays in flight for the whole timeout, a thousand times as long as one that is
//! answered. So targets whose last probe timed out share one half of the pool; all others may use any free part of it. The
//! pool can still be full: after a start no target is known to hang, or many targets begin to hang at once. Then the pool
//! cancels the probe that has been in flight for longest.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use service_kit::{Limit, Limits, Permit};
use tokio::task::{AbortHandle, JoinHandle};

use super::Micros;
use crate::metrics::{Hanging, SeriesTable, TargetSeries};

/// A probe is not cancelled before it has been in flight for this long.
const GRACE: Micros = 250_000;

/// The number of hanging targets is counted again after this time.
const COUNT_TTL: Micros = 1_000_000;

/// Below this number of probes, searching for those that have ended is not worth its cost.
const MIN_CLEANUP: usize = 64;

/// The number of probes that may be in flight.
#[derive(Debug, Clone, Copy)]
pub enum Concurrency {
    /// A fixed number.
    Fixed(usize),
    /// Twice the number of targets, so that neither part of the pool is ever full, up to a maximum.
    ByTargets {
        /// The maximum that the open files of this machine allow.
        max: usize,
    },
}

impl Concurrency {
    /// Returns the size of the pool for this number of targets. Each part has room for at least one probe.
    fn of(self, targets: usize) -> usize {
        match self {
            Self::Fixed(probes) => probes,
            Self::ByTargets { max } => targets.saturating_mul(2).min(max),
        }
        .max(1)
    }
}

/// The probes in flight.
pub(crate) struct Pool {
    limits: Limits,
    concurrency: Concurrency,
    all: Limit,
    hanging: Limit,
    /// Probes of targets that are not known to hang, oldest first.
    flights: VecDeque<Flight>,
    /// The length of `flights` at which probes that have ended are removed from it.
    cleanup_at: usize,
    /// The number of targets that hang, and the time of the count.
    hanging_targets: (usize, Micros),
}

/// A probe in flight that can be cancelled.
struct Flight {
    since: Micros,
    series: Arc<TargetSeries>,
    lease: Lease,
    task: AbortHandle,
}

/// A probe's lease on the pool. It ends with the probe, or passes to another probe that replaces it.
#[derive(Debug, Clone)]
pub(crate) struct Lease(Arc<Mutex<Option<Permits>>>);

/// The permit of all probes, and that of the hanging half for a target that hangs.
type Permits = (Permit, Option<Permit>);

/// A lease, or the reason why the probe counts as missed.
type Grant = Result<Lease, &'static str>;

impl Pool {
    pub(crate) fn new(concurrency: Concurrency, limits: Limits) -> Self {
        let (all, hanging) = parts(concurrency.of(0), &limits);
        Self {
            limits,
            concurrency,
            all,
            hanging,
            flights: VecDeque::new(),
            cleanup_at: MIN_CLEANUP,
            hanging_targets: (0, 0),
        }
    }

    /// Adjusts the size to the number of targets. Probes in flight go on, and do not count against the new size.
    pub(crate) fn resize(&mut self, targets: usize) {
        let size = self.concurrency.of(targets);
        if size != self.all.capacity() {
            (self.all, self.hanging) = parts(size, &self.limits);
        }
    }

    /// Acquires a lease for a probe of this target. Returns it with the target whose probe was cancelled for it, if there
    /// is one.
    pub(crate) fn acquire(
        &mut self,
        series: &TargetSeries,
        now: Micros,
        table: &SeriesTable,
    ) -> (Grant, Option<Arc<TargetSeries>>) {
        if let Some(hanging) = series.hanging() {
            let grant = self.acquire_for_hanging(hanging, now, table);
            if grant.is_err() {
                series.count_wait();
            }
            return (grant, None);
        }
        if let Some(permit) = self.all.try_acquire(1) {
            return (Ok(Lease::new((permit, None))), None);
        }
        match self.cancel_oldest(now) {
            Some((lease, cancelled)) => (Ok(lease), Some(cancelled)),
            None => (Err("the maximum number of probes was in flight"), None),
        }
    }

    /// Acquires a lease in the hanging half. If the half is too small for all targets that hang, they take turns: a target
    /// that was probed waits until all others could be probed. Their slots never change, so without turns the same targets
    /// could get in each time.
    fn acquire_for_hanging(&mut self, hanging: Hanging, now: Micros, table: &SeriesTable) -> Grant {
        let turns = self
            .count_hanging(now, table)
            .div_ceil(self.hanging.capacity().max(1));
        let is_its_turn =
            usize::try_from(hanging.waited).unwrap_or(usize::MAX) >= turns.saturating_sub(1);
        let permits = is_its_turn
            .then(|| Some((self.hanging.try_acquire(1)?, self.all.try_acquire(1)?)))
            .flatten();
        match permits {
            Some((hanging, any)) => Ok(Lease::new((any, Some(hanging)))),
            None => Err("the half of the pool for targets that time out was full"),
        }
    }

    fn count_hanging(&mut self, now: Micros, table: &SeriesTable) -> usize {
        if now >= self.hanging_targets.1 + COUNT_TTL {
            let count = table
                .load()
                .iter()
                .filter(|series| series.hanging().is_some())
                .count();
            self.hanging_targets = (count, now);
        }
        self.hanging_targets.0
    }

    /// Cancels the probe that has been in flight for longest, and passes on its lease.
    fn cancel_oldest(&mut self, now: Micros) -> Option<(Lease, Arc<TargetSeries>)> {
        while let Some(oldest) = self.flights.front() {
            if !oldest.task.is_finished() && now.saturating_sub(oldest.since) < GRACE {
                return None;
            }
            let oldest = self.flights.pop_front()?;
            if let Some(permits) = oldest.lease.release() {
                oldest.task.abort();
                return Some((Lease::new(permits), oldest.series));
            }
        }
        None
    }

    /// Records that the probe with this lease has started.
    pub(crate) fn started(
        &mut self,
        series: &Arc<TargetSeries>,
        lease: Lease,
        task: &JoinHandle<()>,
        now: Micros,
    ) {
        if lease.is_in_hanging_half() {
            return;
        }
        // A handle keeps the memory of its task allocated.
        while self
            .flights
            .front()
            .is_some_and(|flight| flight.task.is_finished())
        {
            self.flights.pop_front();
        }
        if self.flights.len() >= self.cleanup_at {
            self.flights.retain(|flight| !flight.task.is_finished());
            self.cleanup_at = MIN_CLEANUP.max(2 * self.flights.len());
        }
        self.flights.push_back(Flight {
            since: now,
            series: Arc::clone(series),
            lease,
            task: task.abort_handle(),
        });
    }
}

/// Creates the limits of all probes and of the half for targets that hang.
fn parts(size: usize, limits: &Limits) -> (Limit, Limit) {
    (
        limits.limit("probes", size),
        limits.limit("probes_of_hanging_targets", size.div_ceil(2)),
    )
}

impl Lease {
    fn new(permits: Permits) -> Self {
        Self(Arc::new(Mutex::new(Some(permits))))
    }

    /// Ends the lease. Returns `None` if it has already ended or passed to another probe.
    pub(crate) fn release(&self) -> Option<Permits> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn is_in_hanging_half(&self) -> bool {
        let permits = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        permits
            .as_ref()
            .is_some_and(|(_, hanging)| hanging.is_some())
    }
}
