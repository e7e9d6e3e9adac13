//! The connection of a request.

use std::convert::Infallible;
use std::future::pending;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::sync::Notify;

/// The connection of a request. Handlers get it as an extension (`Extension<Connection>`).
#[derive(Debug, Clone)]
pub struct Connection {
    peer: SocketAddr,
    cut: Arc<Notify>,
}

impl Connection {
    /// Creates a connection from `peer`, for the server and for tests of handlers.
    #[must_use]
    pub fn new(peer: SocketAddr) -> Self {
        Self {
            peer,
            cut: Arc::default(),
        }
    }

    /// Returns the address of the peer.
    #[must_use]
    pub const fn peer(&self) -> SocketAddr {
        self.peer
    }

    /// Closes the connection at once, without a response. The future never resolves, because the handler is dropped with
    /// the connection.
    pub async fn cut(&self) -> Infallible {
        self.close();
        pending().await
    }

    /// Closes the connection at once. Data that is not written yet is lost.
    pub(crate) fn close(&self) {
        self.cut.notify_one();
    }

    /// Resolves when the connection must be closed.
    pub(crate) async fn cut_requested(&self) {
        self.cut.notified().await;
    }
}
