//! The way into the history, whose one writer has the other end.

use tokio::sync::{mpsc, oneshot};

use crate::alert::Alert;

/// The most submissions that wait for the disk; more wait at their connections.
pub const QUEUE: usize = 64;

/// A submission could not be made durable.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the alert log cannot be written: {0}")]
pub struct NotDurable(pub String);

/// An update of the history.
#[derive(Debug)]
pub enum Update {
    /// Alerts of a notification.
    Delivered(Vec<Alert>),
    /// Outcomes of a reconciliation.
    Found(Vec<Alert>),
}

/// An update on its way to the history.
#[derive(Debug)]
pub struct Submission {
    /// The update.
    pub update: Update,
    /// Where its outcome is awaited.
    pub done: oneshot::Sender<Result<(), NotDurable>>,
}

/// Submits updates to the writer, which ends with the last of these.
#[derive(Debug, Clone)]
pub struct Recorder(mpsc::Sender<Submission>);

impl Recorder {
    /// A recorder, and the submissions as the writer receives them.
    #[must_use]
    pub fn new() -> (Self, mpsc::Receiver<Submission>) {
        let (sender, submissions) = mpsc::channel(QUEUE);
        (Self(sender), submissions)
    }

    /// Adds a delivery to the history; it is on the disk when this returns.
    ///
    /// # Errors
    /// It could not be made durable, and is not in the history.
    pub async fn record(&self, alerts: Vec<Alert>) -> Result<(), NotDurable> {
        self.submit(Update::Delivered(alerts)).await
    }

    /// Adds the outcomes of a reconciliation to the history; they are on the disk when this returns.
    ///
    /// # Errors
    /// They could not be made durable, and are not in the history.
    pub async fn conclude(&self, found: Vec<Alert>) -> Result<(), NotDurable> {
        self.submit(Update::Found(found)).await
    }

    async fn submit(&self, update: Update) -> Result<(), NotDurable> {
        let (done, outcome) = oneshot::channel();
        let gone = || NotDurable("its writer has ended".to_owned());
        self.0
            .send(Submission { update, done })
            .await
            .map_err(|_| gone())?;
        outcome.await.map_err(|_| gone())?
    }
}
