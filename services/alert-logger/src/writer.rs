//! The only task that changes the history. It commits in groups: deliveries that arrive while the disk is busy share the
//! next fdatasync.

use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use service_kit::{Latch, StartError};
use tokio::sync::mpsc;

use crate::alert::Alert;
use crate::metrics::Metrics;
use crate::reconcile::{Tracker, attribute};
use crate::store::format;
use crate::store::history::History;
use crate::store::log::{AlertLog, LogError};
use crate::store::recorder::{QUEUE, RecordError, Recorder, Submission, Update};
use crate::watchdog::Watchdog;

/// Time between two attempts to repair an unusable log while nothing arrives.
const REPAIR_INTERVAL: Duration = Duration::from_secs(5);

/// Growth of the log after which a failed rewrite is retried.
const REWRITE_RETRY_BYTES: u64 = 1024 * 1024;

/// Limits of the log and the history.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Size above which the log is rewritten.
    pub log_bytes: u64,
    /// Maximum size after a rewrite, or of a history without a log. It is well below `log_bytes`, otherwise every delivery
    /// would cause a rewrite.
    pub history_bytes: usize,
}

impl Limits {
    /// About 11,000 alerts with the labels and annotations of the lab, and the same amount again before a rewrite. In
    /// memory, a log at its limit takes about 60 MiB.
    pub const DEFAULT: Self = Self {
        log_bytes: 16 * 1024 * 1024,
        history_bytes: 8 * 1024 * 1024,
    };
}

/// The only writer of the history.
#[derive(Debug)]
pub struct Writer {
    /// `None` if the history is in memory only.
    log: Option<AlertLog>,
    history: Arc<RwLock<History>>,
    watchdog: Arc<Watchdog>,
    /// `None` if incidents are not reconciled.
    tracker: Option<Arc<Mutex<Tracker>>>,
    /// Readiness: whether the log can be written.
    latch: Latch,
    metrics: Metrics,
    limits: Limits,
    /// Size above which the log is rewritten, or a failed rewrite is retried.
    rewrite_above: u64,
}

impl Writer {
    /// Creates a writer of the history, and of the log if there is one.
    #[must_use]
    pub fn new(
        log: Option<AlertLog>,
        history: Arc<RwLock<History>>,
        watchdog: Arc<Watchdog>,
        tracker: Option<Arc<Mutex<Tracker>>>,
        latch: Latch,
        metrics: Metrics,
        limits: Limits,
    ) -> Self {
        Self {
            log,
            history,
            watchdog,
            tracker,
            latch,
            metrics,
            limits,
            rewrite_above: limits.log_bytes,
        }
    }

    /// Returns the writer's task and the recorder that submits updates to it.
    pub fn start(
        self,
    ) -> (
        Recorder,
        impl Future<Output = Result<(), StartError>> + Send,
    ) {
        let (recorder, submissions) = Recorder::new();
        (recorder, self.run(submissions))
    }

    async fn run(mut self, mut submissions: mpsc::Receiver<Submission>) -> Result<(), StartError> {
        // The first commit is empty: it creates the log or reports the error.
        let mut batch = Vec::new();
        loop {
            let (updates, waiting): (Vec<_>, Vec<_>) = batch
                .drain(..)
                .map(|submission: Submission| (submission.update, submission.done))
                .unzip();
            let (writer, outcome) = tokio::task::spawn_blocking(move || {
                let outcome = self.commit(updates);
                (self, outcome)
            })
            .await?;
            self = writer;
            for done in waiting {
                // The request may have been cancelled.
                let _ = done.send(outcome.clone());
            }
            tokio::select! {
                received = submissions.recv_many(&mut batch, QUEUE) => if received == 0 {
                    return Ok(());
                },
                () = tokio::time::sleep(REPAIR_INTERVAL), if outcome.is_err() => {}
            }
        }
    }

    /// Writes all updates to the disk or none, and then makes them visible in the history.
    fn commit(&mut self, updates: Vec<Update>) -> Result<(), RecordError> {
        let (arrivals, records) = self.split(updates);
        let outcome = self
            .make_durable(&records)
            .map_err(|error| error.to_string())
            // Last, because its arrival proves that alerts can be stored.
            .and_then(|()| {
                self.watchdog
                    .record(&arrivals.iter().collect::<Vec<_>>())
                    .map_err(|error| error.to_string())
            });
        match &outcome {
            Ok(()) => self.latch.ready(),
            Err(error) => {
                self.metrics.log_failures.inc();
                tracing::error!(%error, "the alert log cannot be written; retrying");
                self.latch.not_ready(error.clone());
            }
        }
        outcome.map_err(RecordError)?;
        let mut history = self.history.write().unwrap_or_else(PoisonError::into_inner);
        for record in &records {
            history.fold(record);
            if let Some(finding) = &record.finding {
                let verdict = finding.verdict.as_str();
                self.metrics.findings.with_label_values(&[verdict]).inc();
            }
        }
        drop(history);
        self.enforce_limits();
        self.update_metrics();
        Ok(())
    }

    /// Splits updates into arrivals of `Watchdog`, which are not part of the history, and records of other alerts.
    fn split(&self, updates: Vec<Update>) -> (Vec<Alert>, Vec<Alert>) {
        let mut records = Vec::new();
        let mut arrivals = Vec::new();
        let history = self.history.read().unwrap_or_else(PoisonError::into_inner);
        let tracker = self.tracker.as_deref();
        let mut tracker = tracker.map(|it| it.lock().unwrap_or_else(PoisonError::into_inner));
        for update in updates {
            let delivered = match update {
                Update::Delivered(delivered) => delivered,
                Update::Reconciled(found) => {
                    records.extend(found);
                    continue;
                }
            };
            for alert in delivered {
                if Watchdog::is_watchdog(&alert) {
                    arrivals.push(alert);
                } else {
                    records.extend(attribute(alert, &history, tracker.as_deref_mut()));
                }
            }
        }
        (arrivals, records)
    }

    fn make_durable(&mut self, records: &[Alert]) -> Result<(), LogError> {
        let Some(log) = &mut self.log else {
            return Ok(());
        };
        let history = self.history.read().unwrap_or_else(PoisonError::into_inner);
        if !log.is_usable() {
            log.rewrite(&history.all())?;
        }
        // A repeated delivery is in the log already, so it needs neither space nor a sync.
        let new = records.iter().filter(|record| !history.contains(record));
        let lines: Vec<u8> = new.flat_map(format::record).collect();
        drop(history);
        if lines.is_empty() {
            return Ok(());
        }
        log.append(&lines)
    }

    /// Keeps the log and the history within their limits.
    fn enforce_limits(&mut self) {
        let Some(log) = &mut self.log else {
            self.history
                .write()
                .unwrap_or_else(PoisonError::into_inner)
                .evict(self.limits.history_bytes);
            return;
        };
        if log.bytes() <= self.rewrite_above {
            return;
        }
        let mut history = self.history.write().unwrap_or_else(PoisonError::into_inner);
        let evicted = history.evict(self.limits.history_bytes);
        let kept = history.all();
        drop(history);
        match log.rewrite(&kept) {
            Ok(()) => {
                tracing::info!(kept = kept.len(), evicted, "alert log rewritten");
                self.rewrite_above = self.limits.log_bytes;
            }
            Err(error) => {
                tracing::error!(%error, "the alert log cannot be rewritten and keeps growing");
                self.rewrite_above = log.bytes() + REWRITE_RETRY_BYTES;
            }
        }
    }

    fn update_metrics(&self) {
        let history = self.history.read().unwrap_or_else(PoisonError::into_inner);
        self.metrics.set_alerts(history.len());
        self.metrics
            .set_log_bytes(self.log.as_ref().map_or(0, AlertLog::bytes));
    }
}

#[cfg(test)]
mod tests;
