//! One signal to stop, heard by everyone.

use tokio::sync::watch;

/// Tells tasks that the service is going down. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Shutdown(watch::Receiver<bool>);

impl Shutdown {
    /// A pair: the sender says `true` once.
    pub(crate) fn new() -> (watch::Sender<bool>, Self) {
        let (sender, receiver) = watch::channel(false);
        (sender, Self(receiver))
    }

    /// A signal that never comes, for tests.
    #[must_use]
    pub fn never() -> Self {
        let (sender, shutdown) = Self::new();
        // The receiver must not see the channel close, which counts as a shutdown.
        std::mem::forget(sender);
        shutdown
    }

    /// Resolves when the service begins to shut down.
    pub async fn requested(&mut self) {
        // An error means that the sender is gone, and with it the service.
        let _ = self.0.wait_for(|stopping| *stopping).await;
    }

    /// Returns whether the service is shutting down.
    #[must_use]
    pub fn is_requested(&self) -> bool {
        *self.0.borrow()
    }
}
