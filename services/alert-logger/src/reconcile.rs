//! Reconciles incidents with Prometheus and Alertmanager, because the notification of an end can get lost.
//!
//! While an incident is open, both servers are polled:
//!
//! - An incident that neither reports any more is closed. It ended after the time at which it was last known to be active.
//! - If Alertmanager resolves an alert by itself, the end is unconfirmed until Prometheus responds again.
//! - An alert that fires again after an interruption continues its incident ([`attribute`]).
//!
//! Prometheus' responses count only while its `Watchdog` fires, because then it evaluates its rules. The reasons are in
//! `docs/decisions.md`.

mod attribute;
mod last_active_file;
mod sources;
#[cfg(test)]
mod tests;
mod tracker;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use jiff::Timestamp;
use service_kit::{Shutdown, StartError};
use tokio::time::Instant;

pub use attribute::attribute;
pub use last_active_file::LastActiveFile;
pub use sources::Sources;
use sources::{ActiveAlerts, Rules, SourceError};
pub use tracker::Tracker;

use crate::alert::{Alert, Key};
use crate::metrics::Metrics;
use crate::store::history::History;
use crate::store::recorder::Recorder;

/// Shortest pause between two polls while an incident is open.
const POLL_INTERVAL: Duration = Duration::from_secs(5);

/// Ratio of the pause after a poll to the duration of the poll, so that polls don't keep a large lab busy.
const PAUSE_PER_POLL: u32 = 20;

/// Longest pause after a poll.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// Polls both servers and records the outcome.
#[derive(Debug)]
pub struct Reconciler {
    /// Prometheus and Alertmanager.
    pub sources: Sources,
    /// The results of earlier polls.
    pub tracker: Arc<Mutex<Tracker>>,
    /// The file in which they survive a restart.
    pub last_active_file: Arc<LastActiveFile>,
    /// The history, for reading.
    pub history: Arc<RwLock<History>>,
    /// Writes to the history.
    pub recorder: Recorder,
    /// The service's metrics.
    pub metrics: Metrics,
}

impl Reconciler {
    /// Polls until the service shuts down.
    ///
    /// # Errors
    /// None: a source that is unavailable is polled again.
    pub async fn run(self, mut shutdown: Shutdown) -> Result<(), StartError> {
        tokio::select! {
            () = self.poll_forever() => {},
            () = shutdown.requested() => {},
        }
        Ok(())
    }

    async fn poll_forever(&self) {
        // A failing source is logged at its first failure and when it responds again.
        let mut failing = BTreeMap::new();
        loop {
            let began = Instant::now();
            if !self.open().is_empty() {
                self.poll(&mut failing).await;
            }
            let pause = began.elapsed() * PAUSE_PER_POLL;
            tokio::time::sleep(pause.clamp(POLL_INTERVAL, LONGEST_PAUSE)).await;
        }
    }

    async fn poll(&self, failing: &mut BTreeMap<&'static str, String>) {
        self.metrics.polls.inc();
        let (rules, active) = tokio::join!(self.sources.rules(), self.sources.active_alerts());
        let rules = self.log_outcome("prometheus", rules, failing);
        let active = self.log_outcome("alertmanager", active, failing);
        let (found, last_active) = self.observe(rules.as_ref(), active.as_ref());
        let file = Arc::clone(&self.last_active_file);
        // A failed write is logged. It only makes the times less exact after a restart.
        let _ = tokio::task::spawn_blocking(move || file.write(&last_active)).await;
        for alert in &found {
            self.report(alert);
        }
        if !found.is_empty()
            && let Err(error) = self.recorder.record_findings(found).await
        {
            tracing::warn!(%error, "the outcome of a reconciliation could not be recorded; the next poll retries");
        }
    }

    fn observe(
        &self,
        rules: Option<&Rules>,
        active: Option<&ActiveAlerts>,
    ) -> (Vec<Alert>, BTreeMap<Key, Timestamp>) {
        // Read after the poll, so that a notification that arrived during it counts.
        let open = self.open();
        let mut tracker = self.tracker.lock().unwrap_or_else(PoisonError::into_inner);
        let found = tracker.observe(rules, active, &open, Timestamp::now());
        (found, tracker.last_active())
    }

    fn open(&self) -> Vec<Arc<Alert>> {
        self.history
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .open()
    }

    /// Logs and counts a failed poll, and returns the response of a successful one.
    fn log_outcome<T>(
        &self,
        source: &'static str,
        response: Result<T, SourceError>,
        failing: &mut BTreeMap<&'static str, String>,
    ) -> Option<T> {
        let error = match response {
            Ok(response) => {
                if failing.remove(source).is_some() {
                    tracing::info!(source, "incidents are reconciled with it again");
                }
                return Some(response);
            }
            Err(error) => error.to_string(),
        };
        self.metrics
            .poll_failures
            .with_label_values(&[source])
            .inc();
        if failing.get(source) != Some(&error) {
            tracing::warn!(source, %error, "incidents cannot be reconciled with it");
            failing.insert(source, error);
        }
        None
    }

    fn report(&self, alert: &Alert) {
        let Some(finding) = &alert.finding else {
            return;
        };
        let label = |name| alert.labels.get(name).map(String::as_str);
        tracing::info!(
            verdict = ?finding.verdict,
            alertname = label("alertname"),
            target = label("target"),
            starts_at = %alert.starts_at,
            last_active_at = %finding.last_active_at,
            "incident reconciled"
        );
    }
}
