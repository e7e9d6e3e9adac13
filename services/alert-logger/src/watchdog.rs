//! The latest arrival of `Watchdog`, the alert that always fires: while it arrives, so would any other.
//!
//! It is no part of the history. Its time is kept in a file of its own, replaced at each arrival without a sync:
//! a power cut may cost the last minute, which the next arrival makes good.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::alert::{Alert, Status};

/// The name of the alert.
pub const ALERT_NAME: &str = "Watchdog";
const FILE: &str = "watchdog.json";

/// What is known of `Watchdog`; the content of its file, and of `watchdog` in `GET /api/v1/alerts`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Arrival {
    /// When it last arrived, firing; `None` if it never did.
    pub last_received_at: Option<Timestamp>,
}

/// Remembers the latest arrival.
#[derive(Debug)]
pub struct Watchdog {
    latest: Mutex<Arrival>,
    /// Where it outlives the process; `None`: nowhere.
    path: Option<PathBuf>,
}

impl Watchdog {
    /// Takes up what an earlier process kept in `dir`. An unreadable file counts as none.
    #[must_use]
    pub fn open(dir: Option<&Path>) -> Self {
        let path = dir.map(|dir| dir.join(FILE));
        let latest = path.as_deref().map_or(Ok(Arrival::default()), read);
        Self {
            latest: Mutex::new(latest.unwrap_or_else(|error| {
                tracing::warn!(%error, "the last arrival of Watchdog cannot be read and is forgotten");
                Arrival::default()
            })),
            path,
        }
    }

    /// Whether this is the alert that always fires.
    #[must_use]
    pub fn is_watchdog(alert: &Alert) -> bool {
        alert
            .labels
            .get("alertname")
            .is_some_and(|name| name == ALERT_NAME)
    }

    /// Notes arrivals. A resolved `Watchdog` is no sign of life: Alertmanager sends it when Prometheus is gone.
    pub fn take(&self, arrivals: &[&Alert]) {
        let firing = arrivals.iter().filter(|a| a.status() == Status::Firing);
        let Some(newest) = firing.map(|alert| alert.first_received_at).max() else {
            return;
        };
        let mut latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        latest.last_received_at = latest.last_received_at.max(Some(newest));
        let arrival = *latest;
        drop(latest);
        if let Some(path) = &self.path
            && let Err(error) = write(path, &arrival)
        {
            tracing::warn!(%error, path = %path.display(), "the arrival of Watchdog cannot be kept");
        }
    }

    /// The latest arrival.
    #[must_use]
    pub fn latest(&self) -> Arrival {
        *self.latest.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn read(path: &Path) -> io::Result<Arrival> {
    match fs::read(path) {
        Ok(content) => Ok(serde_json::from_slice(&content)?),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Arrival::default()),
        Err(error) => Err(error),
    }
}

fn write(path: &Path, arrival: &Arrival) -> io::Result<()> {
    let successor = path.with_added_extension("tmp");
    fs::write(&successor, serde_json::to_vec(arrival)?)?;
    fs::rename(successor, path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{firing, resolved};

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
        first.take(&[&watchdog(firing("w", 20)), &watchdog(firing("w", 10))]);
        first.take(&[&watchdog(firing("w", 5))]);
        assert_eq!(seconds(&first), Some(20));
        assert_eq!(seconds(&Watchdog::open(Some(dir.path()))), Some(20));
        assert_eq!(seconds(&Watchdog::open(None)), None);
    }

    #[test]
    fn a_resolved_watchdog_is_no_sign_of_life() {
        let lab = Watchdog::open(None);
        lab.take(&[&watchdog(firing("w", 10))]);
        lab.take(&[&watchdog(resolved("w", 10, 50))]);
        assert_eq!(seconds(&lab), Some(10));
    }

    #[test]
    fn a_damaged_file_does_not_keep_the_service_down() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join(FILE), "").unwrap();
        let lab = Watchdog::open(Some(dir.path()));
        assert_eq!(seconds(&lab), None);
        lab.take(&[&watchdog(firing("w", 10))]);
        assert_eq!(seconds(&Watchdog::open(Some(dir.path()))), Some(10));
    }
}
