//! Serving until told to stop, then draining.
//!
//! A loop of our own over hyper, where `axum::serve` would be shorter: it lets a handler cut its connection
//! ([`Connection::cut`]), ends connections that never finish a request's head, and serves TLS.

use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt;

use super::Connection;
use crate::shutdown::Shutdown;

/// How long a request's head may take, and so how long a kept-alive connection may idle. Longer than a minute, and no
/// multiple of the intervals at which scrapers and webhooks come back: they would meet a connection as it closes.
const HEAD_TIMEOUT: Duration = Duration::from_secs(65);

/// How long a TLS handshake may take.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

/// How long to wait when the system refuses a connection, for want of file descriptors as a rule.
const ACCEPT_PAUSE: Duration = Duration::from_millis(200);

/// A bound port, plain or TLS.
pub(crate) struct Listener {
    socket: TcpListener,
    tls: Option<TlsAcceptor>,
}

impl Listener {
    pub(crate) async fn bind(
        address: SocketAddr,
        tls: Option<Arc<rustls::ServerConfig>>,
    ) -> io::Result<Self> {
        Ok(Self {
            socket: TcpListener::bind(address).await?,
            tls: tls.map(TlsAcceptor::from),
        })
    }

    pub(crate) fn local_addr(&self) -> io::Result<SocketAddr> {
        self.socket.local_addr()
    }

    async fn accept(&self) -> (TcpStream, SocketAddr) {
        loop {
            match self.socket.accept().await {
                Ok(accepted) => return accepted,
                Err(error) if is_of_the_connection(&error) => {}
                Err(error) => {
                    tracing::warn!(%error, "a connection cannot be accepted");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }
}

/// Whether the peer was gone before it was accepted: nothing to say about the listener.
fn is_of_the_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionRefused
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
    )
}

/// Serves until shutdown is requested; then accepts no more, closes idle connections at once, and answers the
/// requests in flight, for at most `grace`.
pub(crate) async fn serve(
    listener: Listener,
    router: Router,
    mut shutdown: Shutdown,
    grace: Duration,
) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            () = shutdown.requested() => break,
            (stream, peer) = listener.accept() => {
                let (tls, router, shutdown) = (listener.tls.clone(), router.clone(), shutdown.clone());
                connections.spawn(open(stream, peer, tls, router, shutdown));
            }
            Some(_) = connections.join_next() => {}
        }
    }
    drop(listener);
    let drained = tokio::time::timeout(grace, async {
        while connections.join_next().await.is_some() {}
    });
    if drained.await.is_err() {
        tracing::warn!(
            connections = connections.len(),
            grace_seconds = grace.as_secs_f64(),
            "requests still in flight after the grace period are cut"
        );
        connections.shutdown().await;
    }
}

async fn open(
    stream: TcpStream,
    peer: SocketAddr,
    tls: Option<TlsAcceptor>,
    router: Router,
    mut shutdown: Shutdown,
) {
    // Small answers go out at once; an error means that the peer is gone, which reading will tell.
    let _ = stream.set_nodelay(true);
    let connection = Connection::new(peer);
    let Some(tls) = tls else {
        return converse(stream, connection, router, shutdown).await;
    };
    let handshake = tokio::select! {
        handshake = tokio::time::timeout(HANDSHAKE_TIMEOUT, tls.accept(stream)) => handshake,
        () = shutdown.requested() => return,
    };
    match handshake {
        Ok(Ok(stream)) => converse(stream, connection, router, shutdown).await,
        Ok(Err(error)) => tracing::debug!(%peer, %error, "the TLS handshake failed"),
        Err(_) => tracing::debug!(%peer, "the TLS handshake took too long"),
    }
}

/// Answers the requests of one connection until either side ends it.
async fn converse(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    connection: Connection,
    router: Router,
    mut shutdown: Shutdown,
) {
    let requests = connection.clone();
    let service = service_fn(move |request| {
        let mut request: Request<hyper::body::Incoming> = request;
        request.extensions_mut().insert(requests.clone());
        router.clone().oneshot(request)
    });
    let http = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .serve_connection(TokioIo::new(stream), service);
    let mut http = pin!(http);
    let ended = tokio::select! {
        ended = http.as_mut() => ended,
        () = connection.cut_requested() => return,
        () = shutdown.requested() => {
            http.as_mut().graceful_shutdown();
            tokio::select! {
                ended = http => ended,
                () = connection.cut_requested() => return,
            }
        }
    };
    if let Err(error) = ended {
        tracing::debug!(peer = %connection.peer(), %error, "a connection broke");
    }
}

#[cfg(test)]
mod tests;
