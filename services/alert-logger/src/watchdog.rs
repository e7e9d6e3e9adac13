//! The latest arrival of `Watchdog`, the alert that always fires: while it arrives, so would any other.
//!
//! It is no part of the history. Its time is kept in a file of its own beside the log, and an arrival counts only once it is
//! on the disk: alert-logger would else look well although it can store nothing, until the first real alert.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};
use opentelemetry::metrics::Meter;
use serde::{Deserialize, Serialize};

use crate::alert::{Alert, Status};
use crate::store::state_file;

/// The name of the alert.
pub const ALERT_NAME: &str = "Watchdog";

/// The annotation in which Prometheus says when it evaluated the alert, in seconds since 1970.
const EVALUATED_AT: &str = "evaluated_at";

/// Prometheus sends a firing alert again after 75 s at the latest. Alertmanager goes on repeating one for 4 minutes after
/// Prometheus has stopped.
const EVALUATED_WITHIN: SignedDuration = SignedDuration::from_secs(90);
const FILE: &str = "watchdog.json";

/// The latest arrival of `Watchdog`: the content of its file, and of `watchdog` in `GET /api/v1/alerts`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Arrival {
    /// When it last arrived, firing; `None` if it never did.
    pub last_received_at: Option<Timestamp>,
}

/// Remembers the latest arrival.
#[derive(Debug)]
pub struct Watchdog {
    memory: Mutex<Memory>,
    /// Where it outlives the process; `None`: nowhere.
    path: Option<PathBuf>,
}

#[derive(Debug, Default)]
struct Memory {
    latest: Arrival,
    /// An arrival that could not be stored yet.
    unstored: Option<Timestamp>,
}

impl Watchdog {
    /// Takes up what an earlier process kept in `dir`. An unreadable file counts as none.
    #[must_use]
    pub fn open(dir: Option<&Path>) -> Self {
        let path = dir.map(|dir| dir.join(FILE));
        let latest = path
            .as_deref()
            .map_or(Ok(Arrival::default()), state_file::read);
        let latest = latest.unwrap_or_else(|error| {
            tracing::warn!(%error, "the last arrival of Watchdog cannot be read and is forgotten");
            Arrival::default()
        });
        Self {
            memory: Mutex::new(Memory {
                latest,
                unstored: None,
            }),
            path,
        }
    }

    /// Returns whether this is the alert that always fires.
    #[must_use]
    pub fn is_watchdog(alert: &Alert) -> bool {
        alert
            .labels
            .get("alertname")
            .is_some_and(|name| name == ALERT_NAME)
    }

    /// Stores arrivals, and one that an earlier call could not store. A resolved `Watchdog` is no sign of life: Alertmanager
    /// sends it when Prometheus is gone. Nor is one that Prometheus has not evaluated of late.
    ///
    /// # Errors
    /// The arrival could not be stored, and does not count yet.
    pub fn record(&self, arrivals: &[&Alert]) -> Result<(), NotStored> {
        let mut memory = self.lock();
        let firing = arrivals
            .iter()
            .filter(|alert| alert.status() == Status::Firing && is_recent(alert));
        let newest = firing.map(|alert| alert.first_received_at).max();
        let Some(newest) = newest.or(memory.unstored) else {
            return Ok(());
        };
        memory.unstored = Some(newest);
        let arrival = Arrival {
            last_received_at: Some(newest),
        };
        if let Some(path) = &self.path {
            state_file::replace(path, &arrival, true).map_err(|error| NotStored {
                path: path.clone(),
                error,
            })?;
        }
        memory.latest = arrival;
        memory.unstored = None;
        Ok(())
    }

    /// The latest arrival, never later than now: a clock that was put back must not keep it young.
    #[must_use]
    pub fn latest(&self) -> Arrival {
        let mut memory = self.lock();
        let latest = &mut memory.latest.last_received_at;
        *latest = latest.map(|latest| latest.min(Timestamp::now()));
        memory.latest
    }

    /// Exports the latest arrival. The series appears with the first one: 0 would be a time in 1970.
    pub fn export(self: &Arc<Self>, meter: &Meter) {
        let watchdog = Arc::clone(self);
        meter
            .f64_observable_gauge("alert_logger_watchdog_last_received_timestamp")
            .with_unit("s")
            .with_description(
                "When the alert that always fires last arrived, in seconds since 1970",
            )
            .with_callback(move |gauge| {
                if let Some(at) = watchdog.latest().last_received_at {
                    gauge.observe(at.as_duration().as_secs_f64(), &[]);
                }
            })
            .build();
    }

    fn lock(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns whether Prometheus evaluated the alert shortly before it arrived. One that does not say when counts as well.
fn is_recent(alert: &Alert) -> bool {
    let evaluated = alert.annotations.get(EVALUATED_AT);
    let evaluated = evaluated.and_then(|text| text.parse().ok());
    let Some(evaluated) = evaluated.and_then(|seconds| Timestamp::from_second(seconds).ok()) else {
        return true;
    };
    let age = alert.first_received_at.duration_since(evaluated);
    let is_recent = age.abs() <= EVALUATED_WITHIN;
    if !is_recent {
        tracing::warn!(
            seconds = age.as_secs(),
            "Alertmanager repeats a Watchdog that Prometheus evaluated that long ago: it does not count"
        );
    }
    is_recent
}

/// An arrival could not be stored.
#[derive(Debug, thiserror::Error)]
#[error("cannot write {}: {error}", path.display())]
pub struct NotStored {
    path: PathBuf,
    error: io::Error,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alert::testing::{firing, resolved};
    use std::fs;

    fn watchdog(mut alert: Alert) -> Alert {
        alert
            .labels
            .insert("alertname".to_owned(), ALERT_NAME.to_owned());
        alert
    }

    fn seconds(watchdog: &Watchdog) -> Option<i64> {
        watchdog.latest().last_received_at.map(Timestamp::as_second)
    }

    #[test]
    fn the_latest_arrival_counts_and_outlives_the_process() {
        let dir = tempfile::tempdir().unwrap();
        let first = Watchdog::open(Some(dir.path()));
        assert_eq!(seconds(&first), None);
        let both = [&watchdog(firing("w", 20)), &watchdog(firing("w", 10))];
        first.record(&both).unwrap();
        assert_eq!(seconds(&first), Some(20));
        assert_eq!(seconds(&Watchdog::open(Some(dir.path()))), Some(20));
        assert_eq!(seconds(&Watchdog::open(None)), None);
    }

    #[test]
    fn a_resolved_watchdog_is_no_sign_of_life() {
        let lab = Watchdog::open(None);
        lab.record(&[&watchdog(firing("w", 10))]).unwrap();
        lab.record(&[&watchdog(resolved("w", 10, 50))]).unwrap();
        assert_eq!(seconds(&lab), Some(10));
    }

    /// Prometheus has lost its Alertmanager, which repeats what it heard last.
    #[test]
    fn a_repeat_of_what_prometheus_no_longer_says_is_no_sign_of_life() {
        let lab = Watchdog::open(None);
        let arrive = |received: i64, evaluated: &str| {
            let mut alert = watchdog(firing("w", received));
            let evaluated = (EVALUATED_AT.to_owned(), evaluated.to_owned());
            alert.annotations.extend([evaluated]);
            lab.record(&[&alert]).unwrap();
            seconds(&lab)
        };
        assert_eq!(arrive(1000, "998"), Some(1000));
        assert_eq!(arrive(1088, "998"), Some(1088), "Prometheus was slow");
        assert_eq!(arrive(1148, "998"), Some(1088));
        assert_eq!(arrive(1160, "4760"), Some(1088), "its clock is ahead");
        assert_eq!(arrive(1220, "not a time"), Some(1220));
    }

    #[test]
    fn a_damaged_file_does_not_keep_the_service_down() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join(FILE), "").unwrap();
        let lab = Watchdog::open(Some(dir.path()));
        assert_eq!(seconds(&lab), None);
        lab.record(&[&watchdog(firing("w", 10))]).unwrap();
        assert_eq!(seconds(&Watchdog::open(Some(dir.path()))), Some(10));
    }

    /// The clock was an hour ahead when it last arrived, and is put back; then the process starts anew.
    #[test]
    fn an_arrival_in_the_future_counts_from_now_and_the_next_one_replaces_it() {
        let dir = tempfile::tempdir().unwrap();
        let now = Timestamp::now().as_second();
        let ahead = watchdog(firing("w", now + 3600));
        Watchdog::open(Some(dir.path())).record(&[&ahead]).unwrap();
        let lab = Watchdog::open(Some(dir.path()));
        let first = lab.latest();
        assert!(first.last_received_at.unwrap() <= Timestamp::now());
        assert_eq!(lab.latest(), first, "it grows old");
        lab.record(&[&watchdog(firing("w", now - 5))]).unwrap();
        assert_eq!(seconds(&lab), Some(now - 5));
    }

    /// The folder of the log is gone, or its disk full.
    #[test]
    fn an_arrival_that_cannot_be_stored_has_not_arrived() {
        let dir = tempfile::tempdir().unwrap();
        let kept = dir.path().join("kept");
        fs::create_dir(&kept).unwrap();
        let lab = Watchdog::open(Some(&kept));
        lab.record(&[&watchdog(firing("w", 10))]).unwrap();
        fs::remove_dir_all(&kept).unwrap();
        let error = lab.record(&[&watchdog(firing("w", 70))]).unwrap_err();
        assert!(error.to_string().contains(FILE), "{error}");
        assert_eq!(seconds(&lab), Some(10));
        assert!(lab.record(&[]).is_err(), "it is still to be stored");
        fs::create_dir(&kept).unwrap();
        lab.record(&[]).unwrap();
        assert_eq!(seconds(&lab), Some(70));
    }
}
