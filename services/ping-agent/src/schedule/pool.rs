//! How many probes are in flight, and whose they are.
//!
//! A target that never answers holds its place for the whole timeout, a thousand times as long as one that answers. So
//! the pool has two parts: targets whose last probe timed out share one half, and the rest may use whatever is free. Where
//! that is not enough, because nothing is known of many targets yet or because many have just begun to hang, the probe that
//! has been in flight for longest gives way.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use service_kit::{Limit, Limits, Permit};
use tokio::task::{AbortHandle, JoinHandle};

use super::Micros;
use crate::metrics::{Hanging, SeriesTable, TargetSeries};

/// A probe that has been in flight for less than this gives way to nobody.
const GRACE: Micros = 250_000;

/// How old the number of hanging targets may be: they are counted anew after this.
const COUNT_FRESH: Micros = 1_000_000;

/// Fewer probes than this are not worth a look at which of them have ended.
const FLIGHTS_AT_LEAST: usize = 64;

/// How many probes may be in flight.
#[derive(Debug, Clone, Copy)]
pub enum Concurrency {
    /// This many, whatever the number of targets.
    Fixed(usize),
    /// Twice as many as there are targets, so that neither part of the pool is ever full, but at most so many.
    OfTargets {
        /// The most that the machine allows.
        most: usize,
    },
}

impl Concurrency {
    /// For this number of targets. Each part of the pool has room for one probe at least.
    fn of(self, targets: usize) -> usize {
        match self {
            Self::Fixed(probes) => probes,
            Self::OfTargets { most } => targets.saturating_mul(2).min(most),
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
    /// Probes of targets that are not known to hang, the oldest first.
    flights: VecDeque<Flight>,
    /// At how many of them those that have ended are taken out.
    clear_at: usize,
    /// How many targets hang, and when they were counted.
    hanging_targets: (usize, Micros),
}

/// A probe that may have to give way.
struct Flight {
    since: Micros,
    series: Arc<TargetSeries>,
    place: Place,
    task: AbortHandle,
}

/// A probe's place in the pool: free again when the probe has ended, or handed on to another probe.
#[derive(Debug, Clone)]
pub(crate) struct Place(Arc<Mutex<Option<Permits>>>);

/// A target that hangs takes a second permit.
type Permits = (Permit, Option<Permit>);

/// The decision of the pool about a probe.
#[derive(Debug)]
pub(crate) enum Entry {
    /// It can start.
    Granted(Place),
    /// It is missed, for this reason.
    Refused(&'static str),
}

impl Pool {
    pub(crate) fn new(concurrency: Concurrency, limits: Limits) -> Self {
        let (all, hanging) = parts(concurrency.of(0), &limits);
        Self {
            limits,
            concurrency,
            all,
            hanging,
            flights: VecDeque::new(),
            clear_at: FLIGHTS_AT_LEAST,
            hanging_targets: (0, 0),
        }
    }

    /// Follows the number of targets. Probes in flight stay, and do not count against the new size.
    pub(crate) fn resize(&mut self, targets: usize) {
        let size = self.concurrency.of(targets);
        if size != self.all.capacity() {
            (self.all, self.hanging) = parts(size, &self.limits);
        }
    }

    /// Finds a place for the probe of this target in this slot. Returns it with the target whose probe gave way for it, if
    /// one had to.
    pub(crate) fn enter(
        &mut self,
        series: &TargetSeries,
        now: Micros,
        table: &SeriesTable,
    ) -> (Entry, Option<Arc<TargetSeries>>) {
        if let Some(hanging) = series.hanging() {
            let entry = self.enter_hanging(hanging, now, table);
            if matches!(entry, Entry::Refused(_)) {
                series.let_wait();
            }
            return (entry, None);
        }
        if let Some(permit) = self.all.try_acquire(1) {
            return (Entry::Granted(Place::new((permit, None))), None);
        }
        match self.make_room(now) {
            Some((place, gone)) => (Entry::Granted(place), Some(gone)),
            None => (
                Entry::Refused("as many probes as are allowed were in flight"),
                None,
            ),
        }
    }

    /// The targets that hang take turns where their half of the pool is too small for all: one that was probed waits until
    /// all others can have been. Otherwise their slots, which are always the same, could let the same ones in each time.
    fn enter_hanging(&mut self, hanging: Hanging, now: Micros, table: &SeriesTable) -> Entry {
        let turns = self
            .count_hanging(now, table)
            .div_ceil(self.hanging.capacity().max(1));
        let is_its_turn =
            usize::try_from(hanging.waited).unwrap_or(usize::MAX) >= turns.saturating_sub(1);
        let permits = is_its_turn
            .then(|| Some((self.hanging.try_acquire(1)?, self.all.try_acquire(1)?)))
            .flatten();
        match permits {
            Some((hanging, any)) => Entry::Granted(Place::new((any, Some(hanging)))),
            None => Entry::Refused("targets that timed out share half of the probes in flight"),
        }
    }

    fn count_hanging(&mut self, now: Micros, table: &SeriesTable) -> usize {
        if now >= self.hanging_targets.1 + COUNT_FRESH {
            let count = table
                .load()
                .iter()
                .filter(|series| series.hanging().is_some())
                .count();
            self.hanging_targets = (count, now);
        }
        self.hanging_targets.0
    }

    /// Takes the place of the probe that has been in flight for longest.
    fn make_room(&mut self, now: Micros) -> Option<(Place, Arc<TargetSeries>)> {
        while let Some(oldest) = self.flights.front() {
            if !oldest.task.is_finished() && now.saturating_sub(oldest.since) < GRACE {
                return None;
            }
            let oldest = self.flights.pop_front()?;
            if let Some(permits) = oldest.place.free() {
                oldest.task.abort();
                return Some((Place::new(permits), oldest.series));
            }
        }
        None
    }

    /// The probe for which a place was found has started.
    pub(crate) fn started(
        &mut self,
        series: &Arc<TargetSeries>,
        place: Place,
        task: &JoinHandle<()>,
        now: Micros,
    ) {
        if place.is_in_hanging_part() {
            return;
        }
        // A task keeps its memory for as long as its handle is here.
        while self
            .flights
            .front()
            .is_some_and(|flight| flight.task.is_finished())
        {
            self.flights.pop_front();
        }
        if self.flights.len() >= self.clear_at {
            self.flights.retain(|flight| !flight.task.is_finished());
            self.clear_at = FLIGHTS_AT_LEAST.max(2 * self.flights.len());
        }
        self.flights.push_back(Flight {
            since: now,
            series: Arc::clone(series),
            place,
            task: task.abort_handle(),
        });
    }
}

/// All probes, and the half that targets which hang may have of them.
fn parts(size: usize, limits: &Limits) -> (Limit, Limit) {
    (
        limits.limit("probes", size),
        limits.limit("probes_of_hanging_targets", size.div_ceil(2)),
    )
}

impl Place {
    fn new(permits: Permits) -> Self {
        Self(Arc::new(Mutex::new(Some(permits))))
    }

    /// Frees it; `None` when it was free or handed on.
    pub(crate) fn free(&self) -> Option<Permits> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn is_in_hanging_part(&self) -> bool {
        let permits = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        permits
            .as_ref()
            .is_some_and(|(_, hanging)| hanging.is_some())
    }
}
