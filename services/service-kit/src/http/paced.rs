//! A client's connection that has to take what it asked for.

use std::future::Future;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep, sleep};

use super::admission::Seat;

/// While something waits to be written, a client has to take [`LEAST_BYTES`] of it in each stretch of this time.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// About half a kilobyte a second: any line in use does better.
const LEAST_BYTES: usize = 16 * 1024;

/// A connection that fails when its client does not take what is written to it.
pub(crate) struct Paced {
    stream: TcpStream,
    seat: Seat,
    /// Since the client took less than it could have had.
    stall: Option<Stall>,
}

struct Stall {
    until: Pin<Box<Sleep>>,
    taken: usize,
}

impl Paced {
    pub(crate) const fn new(stream: TcpStream, seat: Seat) -> Self {
        Self {
            stream,
            seat,
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
                    stall.taken += bytes;
                }
                return written;
            }
            Poll::Ready(Err(_)) => return written,
            Poll::Pending => {}
        }
        let stall = self.stall.get_or_insert_with(|| Stall {
            until: Box::pin(sleep(PATIENCE)),
            taken: 0,
        });
        while stall.until.as_mut().poll(context).is_ready() {
            if stall.taken < LEAST_BYTES {
                // The system has no use for what it still holds of the answer either.
                let _ = self.stream.set_zero_linger();
                return Poll::Ready(Err(io::Error::new(
                    io::ErrorKind::TimedOut,
                    "the client does not take its answer",
                )));
            }
            stall.taken = 0;
            stall.until.as_mut().reset(Instant::now() + PATIENCE);
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

    /// Called when all is written.
    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        let paced = self.get_mut();
        paced.stall = None;
        paced.seat.flushed();
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(context)
    }
}
