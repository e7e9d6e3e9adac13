//! The latest arrival of `Watchdog`, the alert that always fires. Its arrival proves that alerts are delivered.
//!
//! It is not part of the history. Its time is in a file beside the log, and an arrival counts only when it is on the disk.
//! Otherwise alert-logger would look healthy until the first real alert although it can store nothing.

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

/// The annotation with the time at which Prometheus evaluated the alert, in seconds since 1970.
const EVALUATED_AT: &str = "evaluated_at";

/// Maximum age of the evaluation. Prometheus sends a firing alert again after 75 s at the latest. Alertmanager repeats it
/// for 4 minutes after Prometheus has stopped.
const EVALUATED_WITHIN: SignedDuration = SignedDuration::from_secs(90);
const FILE: &str = "watchdog.json";

/// The latest arrival of `Watchdog`: the content of its file, and the field `watchdog` of `GET /api/v1/alerts`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Arrival {
    /// The time at which it last arrived with the status firing; `None` if it never did.
    pub last_received_at: Option<Timestamp>,
}

/// Stores the latest arrival.
#[derive(Debug)]
pub struct Watchdog {
    arrivals: Mutex<Arrivals>,
    /// The file, if there is a directory for it.
    path: Option<PathBuf>,
}

#[derive(Debug, Default)]
struct Arrivals {
    latest: Arrival,
    /// The newest arrival, if it is not on the disk yet.
    unstored: Option<Timestamp>,
}

impl Watchdog {
    /// Reads the latest arrival from the file in `dir`. An unreadable file counts as missing.
    #[must_use]
    pub fn open(dir: Option<&Path>) -> Self {
        let path = dir.map(|dir| dir.join(FILE));
        let latest = path
            .as_deref()
            .map_or(Ok(Arrival::default()), state_file::read);
        let latest = latest.unwrap_or_else(|error| {
            tracing::warn!(%error, "the last arrival of Watchdog cannot be read and is ignored");
            Arrival::default()
        });
        Self {
            arrivals: Mutex::new(Arrivals {
                latest,
                unstored: None,
            }),
            path,
        }
    }

    /// Returns whether this alert is `Watchdog`.
    #[must_use]
    pub fn is_watchdog(alert: &Alert) -> bool {
        alert
            .labels
            .get("alertname")
            .is_some_and(|name| name == ALERT_NAME)
    }

    /// Stores arrivals, and one that an earlier call could not store. A resolved `Watchdog` does not count, because
    /// Alertmanager sends it when Prometheus is down. One that Prometheus has not evaluated recently does not count either.
    ///
    /// # Errors
    /// The arrival could not be stored, and does not count yet.
    pub fn record(&self, alerts: &[&Alert]) -> Result<(), StoreError> {
        let mut arrivals = self.lock();
        let firing = alerts
            .iter()
            .filter(|alert| alert.status() == Status::Firing && is_recent(alert));
        let newest = firing.map(|alert| alert.first_received_at).max();
        let Some(newest) = newest.or(arrivals.unstored) else {
            return Ok(());
        };
        arrivals.unstored = Some(newest);
        let arrival = Arrival {
            last_received_at: Some(newest),
        };
        if let Some(path) = &self.path {
            state_file::replace(path, &arrival, true).map_err(|error| StoreError {
                path: path.clone(),
                error,
            })?;
        }
        arrivals.latest = arrival;
        arrivals.unstored = None;
        Ok(())
    }

    /// Returns the latest arrival, at most the current time: otherwise it would look fresh after the clock was set back.
    #[must_use]
    pub fn latest(&self) -> Arrival {
        let mut arrivals = self.lock();
        let latest = &mut arrivals.latest.last_received_at;
        *latest = latest.map(|latest| latest.min(Timestamp::now()));
        arrivals.latest
    }

    /// Exports the latest arrival. There is no series before the first arrival, because 0 would be a time in 1970.
    pub fn export(self: &Arc<Self>, meter: &Meter) {
        let watchdog = Arc::clone(self);
        meter
            .f64_observable_gauge("alert_logger_watchdog_last_received_timestamp")
            .with_unit("s")
            .with_description(
                "Time of the last arrival of the alert that always fires, in seconds since 1970",
            )
            .with_callback(move |gauge| {
                if let Some(at) = watchdog.latest().last_received_at {
                    gauge.observe(at.as_duration().as_secs_f64(), &[]);
                }
            })
            .build();
    }

    fn lock(&self) -> MutexGuard<'_, Arrivals> {
        self.arrivals.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns whether Prometheus evaluated the alert shortly before it arrived, or the time of the evaluation is unknown.
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
            "a Watchdog does not count: Prometheus evaluated it this many seconds before it arrived"
        );
    }
    is_recent
}

/// An arrival could not be stored.
#[derive(Debug, thiserror::Error)]
#[error("cannot write {}: {error}", path.display())]
pub struct StoreError {
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
    fn the_latest_arrival_counts_and_survives_a_restart() {
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
    fn a_resolved_watchdog_does_not_count() {
        let lab = Watchdog::open(None);
        lab.record(&[&watchdog(firing("w", 10))]).unwrap();
        lab.record(&[&watchdog(resolved("w", 10, 50))]).unwrap();
        assert_eq!(seconds(&lab), Some(10));
    }

    /// Alertmanager repeats the last alert of a Prometheus that does not reach it any more.
    #[test]
    fn a_watchdog_that_prometheus_has_not_evaluated_recently_does_not_count() {
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
    fn a_damaged_file_counts_as_missing() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join(FILE), "").unwrap();
        let lab = Watchdog::open(Some(dir.path()));
        assert_eq!(seconds(&lab), None);
        lab.record(&[&watchdog(firing("w", 10))]).unwrap();
        assert_eq!(seconds(&Watchdog::open(Some(dir.path()))), Some(10));
    }

    /// The clock was an hour ahead at the last arrival and is set back. Then the process restarts.
    #[test]
    fn an_arrival_in_the_future_counts_from_now_and_the_next_one_replaces_it() {
        let dir = tempfile::tempdir().unwrap();
        let now = Timestamp::now().as_second();
        let ahead = watchdog(firing("w", now + 3600));
        Watchdog::open(Some(dir.path())).record(&[&ahead]).unwrap();
        let lab = Watchdog::open(Some(dir.path()));
        let first = lab.latest();
        assert!(first.last_received_at.unwrap() <= Timestamp::now());
        assert_eq!(lab.latest(), first, "it does not follow the clock");
        lab.record(&[&watchdog(firing("w", now - 5))]).unwrap();
        assert_eq!(seconds(&lab), Some(now - 5));
    }

    /// The directory of the log was deleted, which fails like a full disk.
    #[test]
    fn an_arrival_that_cannot_be_stored_does_not_count() {
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
