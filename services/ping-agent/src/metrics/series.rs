//! The series of all targets, shared by probes and scrapes.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::SystemTime;

use jiff::Timestamp;
use targets::{Target, TargetKind};

use super::counters::{Counters, Hanging, LastProbe};
use super::maintenance::MaintenanceState;
use super::text;
use crate::probe::Report;

/// A target and its counters.
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

    /// Keeps the counters for a target whose configuration changed. Drops the certificate if the host changed.
    fn with_target(&self, target: &Arc<Target>) -> Self {
        if self.target.url.origin() != target.url.origin() {
            self.with(|counters| counters.not_after = None);
        }
        Self::new(Arc::clone(target), Arc::clone(&self.counters))
    }

    /// Returns the target.
    #[must_use]
    pub fn target(&self) -> &Arc<Target> {
        &self.target
    }

    /// Returns whether a probe that is due at `at` is inside a maintenance window.
    pub(crate) fn in_maintenance(&self, at: Timestamp) -> bool {
        self.maintenance
            .in_maintenance(&self.target.maintenance, at)
    }

    /// Records a probe that ended at this time. Returns the previous result, if there is one.
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
                // The target may have been https before a reload.
                counters.not_after = None;
            }
            before
        })
    }

    /// Counts probes that were due and did not run.
    pub(crate) fn count_missed(&self, count: u64) {
        self.with(|counters| counters.missed += count);
    }

    /// Returns the state of a target whose last probe timed out or was cancelled.
    pub(crate) fn hanging(&self) -> Option<Hanging> {
        self.with(|counters| counters.hanging)
    }

    /// Records that the probe in flight was cancelled. It is treated like one that timed out.
    pub(crate) fn set_hanging(&self) {
        self.with(Counters::set_hanging);
    }

    /// Records that a target that hangs was due and no probe started.
    pub(crate) fn count_wait(&self) {
        self.with(|counters| {
            if let Some(hanging) = &mut counters.hanging {
                hanging.waited = hanging.waited.saturating_add(1);
            }
        });
    }

    /// Returns a copy of the counters. A last probe in the future, after the clock was set back, gets the time `now`:
    /// otherwise it would look recent until the clock reaches its time again.
    pub(crate) fn counters(&self, now: Timestamp) -> Counters {
        let now = now.as_duration().as_secs_f64();
        self.with(|counters| {
            if let Some(last) = &mut counters.last {
                last.at = last.at.min(now);
            }
            counters.clone()
        })
    }

    /// Returns the label `target="…"`, escaped.
    pub(crate) fn labels(&self) -> &str {
        &self.labels
    }

    fn with<T>(&self, use_counters: impl FnOnce(&mut Counters) -> T) -> T {
        use_counters(&mut self.counters.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The series of all targets, in the order of the configuration. Clones share one table.
#[derive(Debug, Clone, Default)]
pub struct SeriesTable(Arc<RwLock<Arc<[Arc<TargetSeries>]>>>);

impl SeriesTable {
    /// Returns the current series.
    #[must_use]
    pub fn load(&self) -> Arc<[Arc<TargetSeries>]> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Replaces the targets and returns their series. A target with a known name keeps its counters; a new one starts at
    /// zero. The series of the others are dropped, and a probe of theirs that is still in flight is not counted.
    pub fn replace<'a>(
        &self,
        targets: impl Iterator<Item = &'a Arc<Target>>,
    ) -> Arc<[Arc<TargetSeries>]> {
        let before = self.load();
        let by_name: HashMap<&str, _> = before
            .iter()
            .map(|series| (&*series.target.name, series))
            .collect();
        let series: Arc<[_]> = targets
            .map(|target| match by_name.get(&*target.name) {
                Some(series) if series.target == *target => Arc::clone(series),
                Some(series) => Arc::new(series.with_target(target)),
                None => Arc::new(TargetSeries::new(Arc::clone(target), Arc::default())),
            })
            .collect();
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&series);
        series
    }
}
