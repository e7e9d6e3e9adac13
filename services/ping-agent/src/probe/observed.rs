//! A stream that records the time of the first byte of a response, and repairs a malformed head before hyper reads it.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, ready};
use std::time::Instant;

use bytes::{Buf, Bytes};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::head::{self, HeadBuffer, Malformed, Progress};

/// The observations of the stream of a response.
#[derive(Debug, Default)]
pub(crate) struct Observations {
    /// The time at which the first byte was read.
    pub(crate) first_byte: OnceLock<Instant>,
    /// The first violation of RFC 9112 in the head.
    pub(crate) malformed: OnceLock<Malformed>,
}

/// Records the time of the first byte: hyper reports a response only when its head is complete, and a slow server may send
/// it a byte at a time. Bodies and heads that hyper accepts pass unchanged; [`head`] repairs other heads.
pub(crate) struct Observed<S> {
    stream: S,
    observations: Arc<Observations>,
    state: State,
}

enum State {
    /// The head is incomplete.
    Head(HeadBuffer),
    /// Hands over these bytes before the stream is read again.
    HandingOver(Bytes),
    /// Passes all bytes unchanged.
    Passing,
}

impl<S> Observed<S> {
    pub(crate) fn new(stream: S) -> (Self, Arc<Observations>) {
        let observations = Arc::<Observations>::default();
        (
            Self {
                stream,
                observations: Arc::clone(&observations),
                state: State::Head(HeadBuffer::default()),
            },
            observations,
        )
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Observed<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        loop {
            match &mut this.state {
                State::Passing => return Pin::new(&mut this.stream).poll_read(cx, buf),
                State::HandingOver(bytes) => {
                    let length = bytes.len().min(buf.remaining());
                    buf.put_slice(&bytes.split_to(length));
                    if !bytes.has_remaining() {
                        this.state = State::Passing;
                    }
                    return Poll::Ready(Ok(()));
                }
                State::Head(buffer) => {
                    let before = buf.filled().len();
                    ready!(Pin::new(&mut this.stream).poll_read(cx, buf))?;
                    let new = buf.filled().get(before..).unwrap_or_default();
                    if new.is_empty() {
                        // The response ends here; hyper reports what is missing.
                        this.state = buffer.drain().map_or(State::Passing, State::HandingOver);
                        continue;
                    }
                    this.observations.first_byte.get_or_init(Instant::now);
                    if buffer.is_empty() && head::is_readable(new) {
                        this.state = State::Passing;
                        return Poll::Ready(Ok(()));
                    }
                    buffer.add(new);
                    buf.set_filled(before);
                    if let Progress::Complete(malformed) = buffer.advance()? {
                        if let Some(malformed) = malformed {
                            this.observations.malformed.get_or_init(|| malformed);
                        }
                        this.state = buffer.drain().map_or(State::Passing, State::HandingOver);
                    }
                }
            }
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Observed<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
