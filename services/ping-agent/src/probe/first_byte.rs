//! A stream that notes when the first byte of the answer came.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, ready};
use std::time::Instant;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// When the first byte was read; empty before.
pub(crate) type FirstByte = Arc<OnceLock<Instant>>;

/// Passes everything through and notes the time of the first byte read. hyper tells of a response only when its whole
/// head is there, which a slow server may send a byte at a time.
pub(crate) struct Observed<S> {
    stream: S,
    first_byte: FirstByte,
}

impl<S> Observed<S> {
    pub(crate) fn new(stream: S) -> (Self, FirstByte) {
        let first_byte = FirstByte::default();
        (
            Self {
                stream,
                first_byte: Arc::clone(&first_byte),
            },
            first_byte,
        )
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Observed<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(cx, buf))?;
        if buf.filled().len() > before {
            self.first_byte.get_or_init(Instant::now);
        }
        Poll::Ready(Ok(()))
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
