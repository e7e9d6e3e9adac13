//! Submits updates to the only writer of the history.

use tokio::sync::{mpsc, oneshot};

use crate::alert::Alert;

/// Maximum number of submissions that wait for the disk. Further requests wait for room in the queue.
pub const QUEUE: usize = 64;

/// An update could not be written to the disk.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the alert log cannot be written: {0}")]
pub struct RecordError(pub String);

/// An update of the history.
#[derive(Debug)]
pub enum Update {
    /// The alerts of a notification.
    Delivered(Vec<Alert>),
    /// The outcomes of a reconciliation.
    Reconciled(Vec<Alert>),
}

/// An update in the writer's queue.
#[derive(Debug)]
pub struct Submission {
    /// The update.
    pub update: Update,
    /// Receives the outcome.
    pub done: oneshot::Sender<Result<(), RecordError>>,
}

/// Submits updates to the writer, which ends when the last recorder is dropped.
#[derive(Debug, Clone)]
pub struct Recorder(mpsc::Sender<Submission>);

impl Recorder {
    /// Creates a recorder and the queue of its submissions.
    #[must_use]
    pub fn new() -> (Self, mpsc::Receiver<Submission>) {
        let (sender, submissions) = mpsc::channel(QUEUE);
        (Self(sender), submissions)
    }

    /// Adds a delivery to the history. It is on the disk when this returns.
    ///
    /// # Errors
    /// It could not be written to the disk, and is not in the history.
    pub async fn record(&self, alerts: Vec<Alert>) -> Result<(), RecordError> {
        self.submit(Update::Delivered(alerts)).await
    }

    /// Adds the outcomes of a reconciliation to the history. They are on the disk when this returns.
    ///
    /// # Errors
    /// They could not be written to the disk, and are not in the history.
    pub async fn record_findings(&self, found: Vec<Alert>) -> Result<(), RecordError> {
        self.submit(Update::Reconciled(found)).await
    }

    async fn submit(&self, update: Update) -> Result<(), RecordError> {
        let (done, outcome) = oneshot::channel();
        let gone = || RecordError("its writer has ended".to_owned());
        self.0
            .send(Submission { update, done })
            .await
            .map_err(|_| gone())?;
        outcome.await.map_err(|_| gone())?
    }
}
