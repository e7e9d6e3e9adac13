//! A connection that fails if its client reads its responses too slowly.

use std::future::Future;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep, sleep};

use super::admission::ConnectionSlot;

/// While data waits to be written, a client must read [`MIN_BYTES`] in each interval of this length.
pub(crate) const STALL_TIMEOUT: Duration = Duration::from_secs(30);

/// About half a kilobyte per second, which every usable line exceeds.
const MIN_BYTES: usize = 16 * 1024;

/// A connection that fails if its client does not read.
pub(crate) struct Paced {
    stream: TcpStream,
    slot: ConnectionSlot,
    /// Set while data waits to be written.
    stall: Option<Stall>,
}

struct Stall {
    timer: Pin<Box<Sleep>>,
    written: usize,
}

impl Paced {
    pub(crate) const fn new(stream: TcpStream, slot: ConnectionSlot) -> Self {
        Self {
            stream,
            slot,
            stall: None,
        }
    }

    fn pace(
        &mut self,
        context: &mut Context<'_>,
        written: Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        match &written {
            Poll::Ready(Ok(bytes)) => {
                if let Some(stall) = &mut self.stall {
                    stall.written += bytes;
                }
                return written;
            }
            Poll::Ready(Err(_)) => return written,
            Poll::Pending => {}
        }
        let stall = self.stall.get_or_insert_with(|| Stall {
            timer: Box::pin(sleep(STALL_TIMEOUT)),
            written: 0,
        });
        while stall.timer.as_mut().poll(context).is_ready() {
            if stall.written < MIN_BYTES {
                // Also discards the part of the response in the system's send buffer.
                let _ = self.stream.set_zero_linger();
                return Poll::Ready(Err(io::Error::new(
                    io::ErrorKind::TimedOut,
                    "the client reads its response too slowly",
                )));
            }
            stall.written = 0;
            stall.timer.as_mut().reset(Instant::now() + STALL_TIMEOUT);
        }
        Poll::Pending
    }
}

impl AsyncRead for Paced {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Paced {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let paced = self.get_mut();
        let written = Pin::new(&mut paced.stream).poll_write(context, bytes);
        paced.pace(context, written)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let paced = self.get_mut();
        let written = Pin::new(&mut paced.stream).poll_write_vectored(context, slices);
        paced.pace(context, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    /// Called when everything is written.
    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        let paced = self.get_mut();
        paced.stall = None;
        paced.slot.flushed();
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(context)
    }
}
