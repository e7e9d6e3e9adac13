//! The one task that changes the history, and the group commit: deliveries that arrive while the disk is busy
//! share the next fdatasync.

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
use crate::store::recorder::{NotDurable, QUEUE, Recorder, Submission, Update};
use crate::watchdog::Watchdog;

/// How often an unusable log is tried again while nothing arrives.
const REPAIR_INTERVAL: Duration = Duration::from_secs(5);

/// A log that could not be rewritten may grow this much before that is tried again.
const REWRITE_RETRY_BYTES: u64 = 1024 * 1024;

/// How much is kept.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// A log that is longer is rewritten.
    pub log_bytes: u64,
    /// The most that a rewrite, or a history without a log, keeps. Well below the log's limit, or every delivery
    /// would be a rewrite.
    pub history_bytes: usize,
}

impl Limits {
    /// Some 11,000 alerts with the labels and annotations that ours have, and as much again before a rewrite. Read
    /// into memory, a log at its limit takes about 60 MiB.
    pub const DEFAULT: Self = Self {
        log_bytes: 16 * 1024 * 1024,
        history_bytes: 8 * 1024 * 1024,
    };
}

/// The history's one writer.
#[derive(Debug)]
pub struct Writer {
    /// `None`: the history lives in memory only.
    log: Option<AlertLog>,
    history: Arc<RwLock<History>>,
    watchdog: Arc<Watchdog>,
    /// `None`: incidents are not reconciled.
    tracker: Option<Arc<Mutex<Tracker>>>,
    /// Whether the log can be written.
    latch: Latch,
    metrics: Metrics,
    limits: Limits,
    /// The length past which the log is rewritten.
    rewrite_above: u64,
}

impl Writer {
    /// A writer to the log, if there is one, and to the history that readers share.
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

    /// Returns the writer's task, and the way to it.
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
        // The empty commit makes a new log, or says why there is none.
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
                // Who has gone away meanwhile needs no answer.
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

    /// Makes updates durable and then visible, all of them or none.
    fn commit(&mut self, updates: Vec<Update>) -> Result<(), NotDurable> {
        let (arrivals, records) = self.sort(updates);
        let outcome = self
            .make_durable(&records)
            .map_err(|error| error.to_string())
            // Its arrival proves that what comes is stored.
            .and_then(|()| {
                self.watchdog
                    .record(&arrivals.iter().collect::<Vec<_>>())
                    .map_err(|error| error.to_string())
            });
        match &outcome {
            Ok(()) => self.latch.ready(),
            Err(error) => {
                self.metrics.log_failures.inc();
                tracing::error!(%error, "the alert log cannot be written; trying again");
                self.latch.not_ready(error.clone());
            }
        }
        outcome.map_err(NotDurable)?;
        let mut history = self.history.write().unwrap_or_else(PoisonError::into_inner);
        for record in &records {
            history.fold(record);
            if let Some(finding) = &record.finding {
                let verdict = finding.verdict.as_str();
                self.metrics.findings.with_label_values(&[verdict]).inc();
            }
        }
        drop(history);
        self.bound();
        self.observe();
        Ok(())
    }

    /// Splits updates into arrivals of `Watchdog`, which are no part of the history, and the records that the rest becomes.
    fn sort(&self, updates: Vec<Update>) -> (Vec<Alert>, Vec<Alert>) {
        let mut records = Vec::new();
        let mut arrivals = Vec::new();
        let history = self.history.read().unwrap_or_else(PoisonError::into_inner);
        let tracker = self.tracker.as_deref();
        let mut tracker = tracker.map(|it| it.lock().unwrap_or_else(PoisonError::into_inner));
        for update in updates {
            let delivered = match update {
                Update::Delivered(delivered) => delivered,
                Update::Found(found) => {
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
        // A repeated delivery is durable already, so it costs neither space nor a sync.
        let new = records.iter().filter(|record| !history.contains(record));
        let lines: Vec<u8> = new.flat_map(format::record).collect();
        drop(history);
        if lines.is_empty() {
            return Ok(());
        }
        log.append(&lines)
    }

    /// Keeps log and history within their limits.
    fn bound(&mut self) {
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
        let forgotten = history.evict(self.limits.history_bytes);
        let kept = history.all();
        drop(history);
        match log.rewrite(&kept) {
            Ok(()) => {
                tracing::info!(kept = kept.len(), forgotten, "the alert log is rewritten");
                self.rewrite_above = self.limits.log_bytes;
            }
            Err(error) => {
                tracing::error!(%error, "the alert log cannot be rewritten and keeps growing");
                self.rewrite_above = log.bytes() + REWRITE_RETRY_BYTES;
            }
        }
    }

    fn observe(&self) {
        let history = self.history.read().unwrap_or_else(PoisonError::into_inner);
        self.metrics.set_alerts(history.len());
        self.metrics
            .set_log_bytes(self.log.as_ref().map_or(0, AlertLog::bytes));
    }
}

#[cfg(test)]
mod tests;
