//! The most that one probe reads, over all its redirects. Its timeout alone does not bound its CPU: a server that sends as fast
//! as it can, or a byte at a time, costs a thousand times what a good one does, and all probes share one thread.

use std::error::Error;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// The most bytes that are read before the body, interim responses included. Chromium's limit; curl's is a little higher.
pub(crate) const MAX_HEAD_BYTES: usize = 256 << 10;

/// Interim responses before the final one. One 100 or a few 103 are usual; Go's client reads five.
pub(crate) const MAX_INTERIM: usize = 16;

/// Pieces in which a response may come, however small they are …
pub(crate) const MAX_PIECES: usize = 4096;

/// … and one more for each so many bytes, so that a large response is never refused for its size.
const BYTES_PER_PIECE: usize = 512;

/// Beside the head and the body: handshakes, the framing of TLS and of chunks, and what is read ahead.
const OVERHEAD_BYTES: usize = 256 << 10;

/// After so many bytes the probe lets the others on its thread go first.
const SLICE_BYTES: usize = 16 << 10;

/// The server sent more than a probe reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum OverBudget {
    #[error(
        "the head of the response is larger than {MAX_HEAD_BYTES} bytes, the most that a probe reads"
    )]
    Head,
    #[error("more than {MAX_INTERIM} interim (1xx) responses, the most that a probe reads")]
    Interim,
    #[error("the server sent more than {0} bytes, the most that a probe reads")]
    Bytes(usize),
    #[error(
        "the server sent its response in more than {MAX_PIECES} small pieces, the most that a probe reads"
    )]
    Pieces,
}

impl OverBudget {
    /// Finds it among the causes of an error.
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

/// Returns whether so many pieces are too many for this number of bytes.
pub(crate) fn has_too_many_pieces(pieces: usize, bytes: usize) -> bool {
    pieces > MAX_PIECES + bytes / BYTES_PER_PIECE
}

/// The bytes and pieces that a probe has read so far. Its connections share it.
#[derive(Debug)]
pub(crate) struct Budget {
    max_bytes: usize,
    bytes: AtomicUsize,
    pieces: AtomicUsize,
}

impl Budget {
    /// For a probe that reads at most this much of a body.
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

/// A connection whose reads count against a [`Budget`]. It lies below TLS, where nothing that the server sends escapes it.
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
    async fn what_is_sent_without_end_is_read_up_to_the_limit() {
        let budget = Budget::new(1000);
        let mut metered = Metered::new(tokio::io::repeat(b'x'), &budget);
        let mut read = Vec::new();
        let error = metered.read_to_end(&mut read).await.unwrap_err();
        let max = 1000 + MAX_HEAD_BYTES + OVERHEAD_BYTES;
        assert_eq!(OverBudget::find_in(&error), Some(OverBudget::Bytes(max)));
        assert!(read.len() <= max);
    }

    #[tokio::test]
    async fn single_bytes_are_read_up_to_the_limit_over_all_connections_of_a_probe() {
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

    /// Sends a kilobyte at each read, and never has to be waited for.
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
    async fn a_server_that_sends_without_a_pause_lets_other_tasks_run() {
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
