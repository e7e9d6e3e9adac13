//! The connection that a request came over.

use std::convert::Infallible;
use std::future::pending;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::sync::Notify;

/// The connection that a request came over: an extension of every request (`Extension<Connection>`).
#[derive(Debug, Clone)]
pub struct Connection {
    peer: SocketAddr,
    cut: Arc<Notify>,
}

impl Connection {
    /// A connection from `peer`. The server makes them; a test of a handler may.
    #[must_use]
    pub fn new(peer: SocketAddr) -> Self {
        Self {
            peer,
            cut: Arc::default(),
        }
    }

    /// The peer's address.
    #[must_use]
    pub const fn peer(&self) -> SocketAddr {
        self.peer
    }

    /// Closes the connection at once, without an answer to the request. Awaited, it never returns: the handler is
    /// dropped with the connection.
    pub async fn cut(&self) -> Infallible {
        self.close();
        pending().await
    }

    /// Closes the connection at once. What it still has to write is lost.
    pub(crate) fn close(&self) {
        self.cut.notify_one();
    }

    /// Resolves when the connection is to be closed.
    pub(crate) async fn cut_requested(&self) {
        self.cut.notified().await;
    }
}
