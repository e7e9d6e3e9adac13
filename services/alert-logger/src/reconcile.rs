//! Reconciles the incidents with what Prometheus and Alertmanager know, since the notification of an end can get lost.
//!
//! While an incident is open, both are polled:
//!
//! - An incident that neither knows any more is closed. It ended after the time at which it was last known to be active.
//! - An end that Alertmanager made up, because Prometheus was silent, is unconfirmed until Prometheus answers again.
//! - An alert that fires anew after an interruption continues its incident ([`attribute`]).
//!
//! Prometheus counts only while its `Watchdog` fires: then it evaluates its rules. `docs/decisions.md` has the reasons.

mod attribute;
mod sightings;
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
pub use sightings::Sightings;
pub use sources::Sources;
use sources::{Held, Rules, SourceError};
pub use tracker::Tracker;

use crate::alert::{Alert, Key};
use crate::metrics::Metrics;
use crate::store::history::History;
use crate::store::recorder::Recorder;

/// How often both are polled while an incident is open.
const POLL_INTERVAL: Duration = Duration::from_secs(5);

/// The pause after a poll is this many times as long as the poll, so that a large lab is not kept busy by it …
const PAUSE_PER_POLL: u32 = 20;

/// … but never longer than this.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// Polls both sources and records what follows.
#[derive(Debug)]
pub struct Reconciler {
    /// Prometheus and Alertmanager.
    pub sources: Sources,
    /// The knowledge from earlier polls.
    pub tracker: Arc<Mutex<Tracker>>,
    /// Where that outlives the process.
    pub sightings: Arc<Sightings>,
    /// The history, to read.
    pub history: Arc<RwLock<History>>,
    /// The way into the history.
    pub recorder: Recorder,
    /// The service's metrics.
    pub metrics: Metrics,
}

impl Reconciler {
    /// Polls until the service shuts down.
    ///
    /// # Errors
    /// None: a source that is away is polled again.
    pub async fn run(self, mut shutdown: Shutdown) -> Result<(), StartError> {
        tokio::select! {
            () = self.poll_forever() => {},
            () = shutdown.requested() => {},
        }
        Ok(())
    }

    async fn poll_forever(&self) {
        // A source that fails is logged when it begins to, and when it answers again.
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
        let (rules, held) = tokio::join!(self.sources.rules(), self.sources.held());
        let rules = self.unless_failed("prometheus", rules, failing);
        let held = self.unless_failed("alertmanager", held, failing);
        let (found, last_active) = self.observe(rules.as_ref(), held.as_ref());
        let sightings = Arc::clone(&self.sightings);
        // A failed write costs precision after a restart, and is logged.
        let _ = tokio::task::spawn_blocking(move || sightings.keep(&last_active)).await;
        for alert in &found {
            self.report(alert);
        }
        if !found.is_empty()
            && let Err(error) = self.recorder.conclude(found).await
        {
            tracing::warn!(%error, "the outcome of a reconciliation is not recorded; the next poll tries again");
        }
    }

    fn observe(
        &self,
        rules: Option<&Rules>,
        held: Option<&Held>,
    ) -> (Vec<Alert>, BTreeMap<Key, Timestamp>) {
        // Read after the poll: a notification that arrived during it counts.
        let open = self.open();
        let mut tracker = self.tracker.lock().unwrap_or_else(PoisonError::into_inner);
        let found = tracker.observe(rules, held, &open, Timestamp::now());
        (found, tracker.last_active())
    }

    fn open(&self) -> Vec<Arc<Alert>> {
        self.history
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .open()
    }

    fn unless_failed<T>(
        &self,
        source: &'static str,
        answer: Result<T, SourceError>,
        failing: &mut BTreeMap<&'static str, String>,
    ) -> Option<T> {
        let error = match answer {
            Ok(answer) => {
                if failing.remove(source).is_some() {
                    tracing::info!(source, "incidents are reconciled with it again");
                }
                return Some(answer);
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
            "an incident is reconciled"
        );
    }
}
