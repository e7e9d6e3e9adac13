//! The signal to shut down, shared by all tasks.

use tokio::sync::watch;

/// Signals the shutdown of the service to its tasks. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Shutdown(watch::Receiver<bool>);

impl Shutdown {
    /// Returns a sender, which sends `true` once, and its signal.
    pub(crate) fn new() -> (watch::Sender<bool>, Self) {
        let (sender, receiver) = watch::channel(false);
        (sender, Self(receiver))
    }

    /// Returns a signal that never comes, for tests.
    #[must_use]
    pub fn never() -> Self {
        let (sender, shutdown) = Self::new();
        // A closed channel counts as a shutdown, so the sender must never be dropped.
        std::mem::forget(sender);
        shutdown
    }

    /// Resolves when the service begins to shut down.
    pub async fn requested(&mut self) {
        // An error means that the sender was dropped with the service.
        let _ = self.0.wait_for(|stopping| *stopping).await;
    }

    /// Returns whether the service is shutting down.
    #[must_use]
    pub fn is_requested(&self) -> bool {
        *self.0.borrow()
    }
}
