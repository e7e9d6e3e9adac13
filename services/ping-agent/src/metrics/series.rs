//! The series of all targets, as they are shared between probes and scrapes.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::SystemTime;

use jiff::Timestamp;
use targets::{Target, TargetKind};

use super::counters::{Counters, Hanging, LastProbe};
use super::maintenance::MaintenanceState;
use super::text;
use crate::probe::Report;

/// A target and what has been counted for it.
#[derive(Debug)]
pub struct TargetSeries {
    target: Arc<Target>,
    labels: Box<str>,
    counters: Arc<Mutex<Counters>>,
    maintenance: MaintenanceState,
}

impl TargetSeries {
    fn new(target: Arc<Target>, counters: Arc<Mutex<Counters>>) -> Self {
        let labels = text::label("target", &target.name).into();
        Self {
            target,
            labels,
            counters,
            maintenance: MaintenanceState::default(),
        }
    }

    /// Goes on counting for the target as it is configured now. The certificate was that of its host.
    fn of_changed(&self, target: &Arc<Target>) -> Self {
        if self.target.url.origin() != target.url.origin() {
            self.with(|counters| counters.not_after = None);
        }
        Self::new(Arc::clone(target), Arc::clone(&self.counters))
    }

    /// The target.
    #[must_use]
    pub fn target(&self) -> &Arc<Target> {
        &self.target
    }

    /// Returns whether a probe that is due at this moment is inside a maintenance window.
    pub(crate) fn in_maintenance(&self, at: Timestamp) -> bool {
        self.maintenance
            .in_maintenance(&self.target.maintenance, at)
    }

    /// Counts a probe that ended at this time. Returns the result before it, if there was one.
    pub(crate) fn record(
        &self,
        report: &Report,
        at: SystemTime,
        in_maintenance: bool,
    ) -> Option<LastProbe> {
        self.with(|counters| {
            let before = counters.last;
            counters.record(report, at, in_maintenance);
            if self.target.kind != TargetKind::Https {
                // The target was https once, and its certificate is of no interest any more.
                counters.not_after = None;
            }
            before
        })
    }

    /// Counts probes that were due and not made.
    pub(crate) fn count_missed(&self, count: u64) {
        self.with(|counters| counters.missed += count);
    }

    /// Set while the last probe timed out or gave way before it did.
    pub(crate) fn hanging(&self) -> Option<Hanging> {
        self.with(|counters| counters.hanging)
    }

    /// The probe in flight gives way: it is treated like one that timed out.
    pub(crate) fn set_hanging(&self) {
        self.with(Counters::set_hanging);
    }

    /// A target that hangs was due and is not probed.
    pub(crate) fn let_wait(&self) {
        self.with(|counters| {
            if let Some(hanging) = &mut counters.hanging {
                hanging.waited = hanging.waited.saturating_add(1);
            }
        });
    }

    /// The numbers now: those of one moment. A last probe that is in the future, since the clock was put back, counts from
    /// now: it would else look young until that time has come again.
    pub(crate) fn counters(&self, now: Timestamp) -> Counters {
        let now = now.as_duration().as_secs_f64();
        self.with(|counters| {
            if let Some(last) = &mut counters.last {
                last.at = last.at.min(now);
            }
            counters.clone()
        })
    }

    /// `target="…"`, escaped.
    pub(crate) fn labels(&self) -> &str {
        &self.labels
    }

    fn with<T>(&self, use_counters: impl FnOnce(&mut Counters) -> T) -> T {
        use_counters(&mut self.counters.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The series of all targets, in the order of the configuration. Cheap to clone; all clones are one table.
#[derive(Debug, Clone, Default)]
pub struct SeriesTable(Arc<RwLock<Arc<[Arc<TargetSeries>]>>>);

impl SeriesTable {
    /// The series as they are now.
    #[must_use]
    pub fn load(&self) -> Arc<[Arc<TargetSeries>]> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Makes these the targets. One that was there before, by its name, goes on counting; a new one starts at zero; the
    /// series of the others are gone, also for a probe that is still in flight.
    pub fn replace<'a>(
        &self,
        targets: impl Iterator<Item = &'a Arc<Target>>,
    ) -> Arc<[Arc<TargetSeries>]> {
        let before = self.load();
        let known: HashMap<&str, _> = before
            .iter()
            .map(|series| (&*series.target.name, series))
            .collect();
        let series: Arc<[_]> = targets
            .map(|target| match known.get(&*target.name) {
                Some(series) if series.target == *target => Arc::clone(series),
                Some(series) => Arc::new(series.of_changed(target)),
                None => Arc::new(TargetSeries::new(Arc::clone(target), Arc::default())),
            })
            .collect();
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&series);
        series
    }
}
