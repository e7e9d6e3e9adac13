//! The HTTP server: serves until shutdown is requested, then drains.
//!
//! It uses hyper directly instead of `axum::serve`, because a handler can close its connection ([`Connection::cut`]),
//! clients can hold only limited resources ([`Admission`], [`Paced`]), and it serves TLS.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use hyper::body::{Frame, Incoming, SizeHint};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt;

use super::admission::{ActiveRequest, Admission, ConnectionSlot};
use super::endpoints::ALWAYS_ANSWERED;
use super::paced::{self, Paced};
use super::{Connection, Problem};
use crate::shutdown::Shutdown;

/// The timeout of a request's head, and so of an idle connection. It is longer than a minute, and no multiple of the usual
/// intervals of scrapers and webhooks, whose next request would otherwise arrive while the connection closes.
const HEAD_TIMEOUT: Duration = Duration::from_secs(65);

/// The same timeout on a reserved connection.
const RESERVED_HEAD_TIMEOUT: Duration = Duration::from_secs(5);

/// The maximum size of a request's head, and of the buffers for reading and writing.
const BUFFER_MAX_BYTES: usize = 16 * 1024;

/// The approximate size of a connection's send buffer. By default it grows to 4 MiB for each client that reads slowly.
const SEND_BUFFER_BYTES: usize = 128 * 1024;

/// The `Retry-After` if all connections are in use.
const RETRY_AFTER_SECONDS: u32 = 5;

/// The timeout of a TLS handshake.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

/// The pause after a failed accept, which usually fails for lack of file descriptors.
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
        let socket = TcpListener::bind(address).await?;
        // Connections inherit both options from their listener.
        rustix::net::sockopt::set_socket_send_buffer_size(&socket, SEND_BUFFER_BYTES)?;
        set_user_timeout(&socket)?;
        Ok(Self {
            socket,
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
                Err(error) if is_connection_error(&error) => {}
                Err(error) => {
                    tracing::warn!(%error, "cannot accept a connection");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }
}

/// Closes connections whose peer does not acknowledge data.
#[cfg(target_os = "linux")]
fn set_user_timeout(socket: &TcpListener) -> io::Result<()> {
    let timeout = u32::try_from(paced::STALL_TIMEOUT.as_millis()).unwrap_or(u32::MAX);
    Ok(rustix::net::sockopt::set_tcp_user_timeout(socket, timeout)?)
}

/// Other systems have no such option. There, a failed write ends the connection.
#[cfg(not(target_os = "linux"))]
#[expect(clippy::unnecessary_wraps, reason = "as on Linux")]
fn set_user_timeout(_: &TcpListener) -> io::Result<()> {
    Ok(())
}

/// Returns whether the peer disconnected before it was accepted, so that the listener is fine.
fn is_connection_error(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionRefused
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
    )
}

/// Serves until shutdown is requested. Then accepts no more connections, closes idle ones at once, and completes requests in
/// flight within `grace`.
pub(crate) async fn serve(
    listener: Listener,
    router: Router,
    admission: Admission,
    mut shutdown: Shutdown,
    grace: Duration,
) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            () = shutdown.requested() => break,
            (stream, peer) = listener.accept() => {
                let connection = Connection::new(peer);
                let Some(slot) = admission.admit(&connection) else {
                    continue;
                };
                let (tls, router, shutdown) = (listener.tls.clone(), router.clone(), shutdown.clone());
                connections.spawn(async move {
                    tokio::select! {
                        () = connection.cut_requested() => {}
                        () = open(stream, connection.clone(), slot, tls, router, shutdown) => {}
                    }
                });
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
            "closing connections whose requests are still in flight after the grace period"
        );
        connections.shutdown().await;
    }
}

async fn open(
    stream: TcpStream,
    connection: Connection,
    slot: ConnectionSlot,
    tls: Option<TlsAcceptor>,
    router: Router,
    mut shutdown: Shutdown,
) {
    // Sends small responses at once. An error means that the peer disconnected, which the next read reports.
    let _ = stream.set_nodelay(true);
    let (stream, peer) = (Paced::new(stream, slot.clone()), connection.peer());
    let Some(tls) = tls else {
        return serve_connection(stream, connection, slot, router, shutdown).await;
    };
    let handshake = tokio::select! {
        handshake = tokio::time::timeout(HANDSHAKE_TIMEOUT, tls.accept(stream)) => handshake,
        () = shutdown.requested() => return,
    };
    match handshake {
        Ok(Ok(stream)) => serve_connection(stream, connection, slot, router, shutdown).await,
        Ok(Err(error)) => tracing::debug!(%peer, %error, "the TLS handshake failed"),
        Err(_) => tracing::debug!(%peer, "the TLS handshake timed out"),
    }
}

/// Serves the requests of one connection until either side closes it.
async fn serve_connection(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    connection: Connection,
    slot: ConnectionSlot,
    router: Router,
    mut shutdown: Shutdown,
) {
    let peer = connection.peer();
    let reserved = slot.is_reserved();
    let service = service_fn(move |request| {
        respond(request, connection.clone(), slot.clone(), router.clone())
    });
    let http = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(if reserved {
            RESERVED_HEAD_TIMEOUT
        } else {
            HEAD_TIMEOUT
        })
        .keep_alive(!reserved)
        .max_buf_size(BUFFER_MAX_BYTES)
        .serve_connection(TokioIo::new(stream), service);
    let mut http = pin!(http);
    let ended = tokio::select! {
        ended = http.as_mut() => ended,
        () = shutdown.requested() => {
            http.as_mut().graceful_shutdown();
            http.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%peer, %error, "a connection failed");
    }
}

async fn respond(
    mut request: Request<Incoming>,
    connection: Connection,
    slot: ConnectionSlot,
    router: Router,
) -> Result<Response<TrackedBody>, Infallible> {
    let Some(active) = slot.start_request() else {
        // The connection was evicted as the request arrived; clients retry a request on a connection that closed.
        match connection.cut().await {}
    };
    let response = if slot.is_reserved() && !ALWAYS_ANSWERED.contains(&request.uri().path()) {
        Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "all connections are in use; try again later",
        )
        .retry_after(RETRY_AFTER_SECONDS)
        .into_response()
    } else {
        request.extensions_mut().insert(connection);
        router.oneshot(request).await?
    };
    Ok(response.map(|body| TrackedBody {
        body,
        _active: active,
    }))
}

/// The body of a response. Its request is active until it is sent.
struct TrackedBody {
    body: Body,
    _active: ActiveRequest,
}

impl hyper::body::Body for TrackedBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.get_mut().body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests;
