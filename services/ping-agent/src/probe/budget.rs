//! Limits the bytes and pieces that a probe reads over all its redirects. All probes share one thread, and the timeout
//! alone does not limit the CPU time of a probe: a server that sends as fast as it can, or single bytes, costs a thousand
//! times as much as others.

use std::error::Error;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// The maximum size of a head with its interim responses. Chromium has the same limit; curl's is a little higher.
pub(crate) const MAX_HEAD_BYTES: usize = 256 << 10;

/// The maximum number of interim responses. One 100 or a few 103 are usual; Go's client reads five.
pub(crate) const MAX_INTERIM: usize = 16;

/// The number of pieces in which any response may arrive, even if they are single bytes.
pub(crate) const MAX_PIECES: usize = 4096;

/// One more piece is allowed for each of this many bytes, so that the limit of pieces does not limit large responses.
const BYTES_PER_PIECE: usize = 512;

/// The allowance for handshakes, the framing of TLS and of chunks, and bytes that are read ahead.
const OVERHEAD_BYTES: usize = 256 << 10;

/// The number of bytes after which a probe yields to the others on its thread.
const SLICE_BYTES: usize = 16 << 10;

/// The server exceeded a limit of the probe.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum OverBudget {
    #[error("the head of the response is larger than {MAX_HEAD_BYTES} bytes, the limit of a probe")]
    Head,
    #[error("more than {MAX_INTERIM} interim (1xx) responses, the limit of a probe")]
    Interim,
    #[error("the server sent more than {0} bytes, the limit of a probe")]
    Bytes(usize),
    #[error(
        "the server sent its response in more than {MAX_PIECES} small pieces, the limit of a probe"
    )]
    Pieces,
}

impl OverBudget {
    /// Searches an error and its causes for an `OverBudget`.
    pub(crate) fn find_in(error: &(dyn Error + 'static)) -> Option<Self> {
        let mut cause = Some(error);
        while let Some(error) = cause {
            let inner = error
                .downcast_ref::<io::Error>()
                .and_then(|io| io.get_ref());
            if let Some(found) = inner.and_then(|inner| inner.downcast_ref()) {
                return Some(*found);
            }
            cause = error.source();
        }
        None
    }
}

impl From<OverBudget> for io::Error {
    fn from(error: OverBudget) -> Self {
        Self::new(io::ErrorKind::InvalidData, error)
    }
}

/// Returns whether `bytes` came in too many pieces.
pub(crate) fn has_too_many_pieces(pieces: usize, bytes: usize) -> bool {
    pieces > MAX_PIECES + bytes / BYTES_PER_PIECE
}

/// Counts the bytes and pieces that a probe has read. All its connections share the budget.
#[derive(Debug)]
pub(crate) struct Budget {
    max_bytes: usize,
    bytes: AtomicUsize,
    pieces: AtomicUsize,
}

impl Budget {
    /// Creates the budget of a probe that reads at most `body_max_bytes` of a body.
    pub(crate) fn new(body_max_bytes: usize) -> Arc<Self> {
        Arc::new(Self {
            max_bytes: body_max_bytes
                .saturating_add(MAX_HEAD_BYTES)
                .saturating_add(OVERHEAD_BYTES),
            bytes: AtomicUsize::new(0),
            pieces: AtomicUsize::new(0),
        })
    }

    fn spend(&self, new: usize) -> Result<(), OverBudget> {
        let bytes = self.bytes.fetch_add(new, Ordering::Relaxed) + new;
        let pieces = self.pieces.fetch_add(1, Ordering::Relaxed) + 1;
        if bytes > self.max_bytes {
            Err(OverBudget::Bytes(self.max_bytes))
        } else if has_too_many_pieces(pieces, bytes) {
            Err(OverBudget::Pieces)
        } else {
            Ok(())
        }
    }
}

/// A connection whose reads count against a [`Budget`]. It is below TLS, so it counts all bytes that the server sends.
#[derive(Debug)]
pub(crate) struct Metered<S> {
    stream: S,
    budget: Arc<Budget>,
    since_yield: usize,
}

impl<S> Metered<S> {
    pub(crate) fn new(stream: S, budget: &Arc<Budget>) -> Self {
        Self {
            stream,
            budget: Arc::clone(budget),
            since_yield: 0,
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Metered<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.since_yield >= SLICE_BYTES {
            this.since_yield = 0;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let before = buf.filled().len();
        ready!(Pin::new(&mut this.stream).poll_read(cx, buf))?;
        let new = buf.filled().len() - before;
        this.since_yield += new;
        if let Err(exceeded) = this.budget.spend(new) {
            buf.set_filled(before);
            return Poll::Ready(Err(exceeded.into()));
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Metered<S> {
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

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, bufs)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncReadExt;

    use super::*;

    #[tokio::test]
    async fn an_endless_stream_is_read_up_to_the_limit() {
        let budget = Budget::new(1000);
        let mut metered = Metered::new(tokio::io::repeat(b'x'), &budget);
        let mut read = Vec::new();
        let error = metered.read_to_end(&mut read).await.unwrap_err();
        let max = 1000 + MAX_HEAD_BYTES + OVERHEAD_BYTES;
        assert_eq!(OverBudget::find_in(&error), Some(OverBudget::Bytes(max)));
        assert!(read.len() <= max);
    }

    #[tokio::test]
    async fn the_limit_of_pieces_applies_to_all_connections_of_a_probe() {
        let budget = Budget::new(65_536);
        for _ in 0..2 {
            let mut metered = Metered::new(tokio::io::repeat(b'x'), &budget);
            for _ in 0..MAX_PIECES / 2 {
                metered.read_u8().await.unwrap();
            }
        }
        let mut metered = Metered::new(tokio::io::repeat(b'x'), &budget);
        let rest = async { while metered.read_u8().await.is_ok() {} };
        rest.await;
        let pieces = budget.pieces.load(Ordering::Relaxed);
        assert!((MAX_PIECES..MAX_PIECES + 16).contains(&pieces), "{pieces}");
    }

    /// Delivers a kilobyte at each read, and is always ready.
    struct Endless;

    impl AsyncRead for Endless {
        fn poll_read(
            self: Pin<&mut Self>,
            _: &mut Context<'_>,
            buf: &mut ReadBuf<'_>,
        ) -> Poll<io::Result<()>> {
            buf.put_slice(&[b'x'; 1024][..buf.remaining().min(1024)]);
            Poll::Ready(Ok(()))
        }
    }

    #[tokio::test]
    async fn reading_a_fast_server_yields_to_other_tasks() {
        let mut metered = Metered::new(Endless, &Budget::new(1 << 20));
        let mut buffer = vec![0; 64 << 10];
        let mut reading = std::pin::pin!(metered.read_exact(&mut buffer));
        let mut pauses = 0;
        while futures::poll!(reading.as_mut()).is_pending() {
            pauses += 1;
        }
        assert_eq!(pauses, 3);
    }
}
