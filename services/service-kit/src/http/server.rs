//! Serving until told to stop, then draining.
//!
//! A loop of our own over hyper, where `axum::serve` would be shorter: it lets a handler cut its connection
//! ([`Connection::cut`]), bounds what clients can hold on to ([`Admission`], [`Paced`]), and serves TLS.

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

use super::admission::{Admission, Seat, Work};
use super::endpoints::ALWAYS_ANSWERED;
use super::paced::{self, Paced};
use super::{Connection, Problem};
use crate::shutdown::Shutdown;

/// How long a request's head may take, and so how long a kept-alive connection may idle. Longer than a minute, and no
/// multiple of the intervals at which scrapers and webhooks come back: they would meet a connection as it closes.
const HEAD_TIMEOUT: Duration = Duration::from_secs(65);

/// The same on a reserved connection.
const RESERVED_HEAD_TIMEOUT: Duration = Duration::from_secs(5);

/// The longest head of a request; also how much is read, or kept to be written, at a time.
const BUFFER_MAX_BYTES: usize = 16 * 1024;

/// How much of an answer the system keeps for a client, about. Left to itself, it takes 4 MiB for each that reads slowly.
const SEND_BUFFER_BYTES: usize = 128 * 1024;

/// How soon somebody may try again who was refused because all connections are taken.
const RETRY_AFTER_SECONDS: u32 = 5;

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
        let socket = TcpListener::bind(address).await?;
        // Connections inherit it from their listener.
        rustix::net::sockopt::set_socket_send_buffer_size(&socket, SEND_BUFFER_BYTES)?;
        give_up_silent_peers(&socket)?;
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
                Err(error) if is_of_the_connection(&error) => {}
                Err(error) => {
                    tracing::warn!(%error, "a connection cannot be accepted");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }
}

/// Connections inherit it from their listener: one whose peer is gone without a word ends.
#[cfg(target_os = "linux")]
fn give_up_silent_peers(socket: &TcpListener) -> io::Result<()> {
    let patience = u32::try_from(paced::PATIENCE.as_millis()).unwrap_or(u32::MAX);
    Ok(rustix::net::sockopt::set_tcp_user_timeout(
        socket, patience,
    )?)
}

/// Elsewhere, what is written tells.
#[cfg(not(target_os = "linux"))]
#[expect(clippy::unnecessary_wraps, reason = "as on Linux")]
fn give_up_silent_peers(_: &TcpListener) -> io::Result<()> {
    Ok(())
}

/// Returns whether the peer was gone before it was accepted: nothing to say about the listener.
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
                let Some(seat) = admission.seat(&connection) else {
                    continue;
                };
                let (tls, router, shutdown) = (listener.tls.clone(), router.clone(), shutdown.clone());
                connections.spawn(async move {
                    tokio::select! {
                        () = connection.cut_requested() => {}
                        () = open(stream, connection.clone(), seat, tls, router, shutdown) => {}
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
            "requests still in flight after the grace period are cut"
        );
        connections.shutdown().await;
    }
}

async fn open(
    stream: TcpStream,
    connection: Connection,
    seat: Seat,
    tls: Option<TlsAcceptor>,
    router: Router,
    mut shutdown: Shutdown,
) {
    // Small answers go out at once; an error means that the peer is gone, which reading will tell.
    let _ = stream.set_nodelay(true);
    let (stream, peer) = (Paced::new(stream, seat.clone()), connection.peer());
    let Some(tls) = tls else {
        return converse(stream, connection, seat, router, shutdown).await;
    };
    let handshake = tokio::select! {
        handshake = tokio::time::timeout(HANDSHAKE_TIMEOUT, tls.accept(stream)) => handshake,
        () = shutdown.requested() => return,
    };
    match handshake {
        Ok(Ok(stream)) => converse(stream, connection, seat, router, shutdown).await,
        Ok(Err(error)) => tracing::debug!(%peer, %error, "the TLS handshake failed"),
        Err(_) => tracing::debug!(%peer, "the TLS handshake took too long"),
    }
}

/// Answers the requests of one connection until either side ends it.
async fn converse(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    connection: Connection,
    seat: Seat,
    router: Router,
    mut shutdown: Shutdown,
) {
    let peer = connection.peer();
    let reserved = seat.is_reserved();
    let service = service_fn(move |request| {
        answer(request, connection.clone(), seat.clone(), router.clone())
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
        tracing::debug!(%peer, %error, "a connection broke");
    }
}

async fn answer(
    mut request: Request<Incoming>,
    connection: Connection,
    seat: Seat,
    router: Router,
) -> Result<Response<Answer>, Infallible> {
    let Some(work) = seat.work() else {
        // It gave way as the request came; the client knows that it may send it again.
        match connection.cut().await {}
    };
    let response = if seat.is_reserved() && !ALWAYS_ANSWERED.contains(&request.uri().path()) {
        Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "as many clients are connected as there may be; try again later",
        )
        .retry_after(RETRY_AFTER_SECONDS)
        .into_response()
    } else {
        request.extensions_mut().insert(connection);
        router.oneshot(request).await?
    };
    Ok(response.map(|body| Answer { body, _work: work }))
}

/// The body of an answer. Its connection is at work until it is sent.
struct Answer {
    body: Body,
    _work: Work,
}

impl hyper::body::Body for Answer {
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
