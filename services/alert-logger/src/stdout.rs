//! Writes one line per payload to stdout, on a separate thread.
//!
//! Stdout may be a pipe. A slow reader delays acknowledgements by at most a second. If the reader stops, lines are lost and
//! counted. Neither keeps alerts out of the history or ends the service.

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, Sender};
use std::time::Duration;

use prometheus::IntCounter;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

/// Maximum memory of the lines that wait for the reader.
const QUEUE_MAX_BYTES: usize = 16 * 1024 * 1024;

/// How long a payload's acknowledgement waits for its line. The line stays in the queue.
const ACK_TIMEOUT: Duration = Duration::from_secs(1);

/// Queues lines for stdout.
#[derive(Debug, Clone)]
pub struct StdoutWriter {
    queue: Sender<Line>,
    room: Arc<Semaphore>,
    lost: IntCounter,
}

#[derive(Debug)]
struct Line {
    text: String,
    written: oneshot::Sender<()>,
    _room: OwnedSemaphorePermit,
}

impl StdoutWriter {
    /// Starts the thread that writes to `out`. `lost` counts the lines that could not be written.
    ///
    /// # Errors
    /// The thread cannot be created.
    pub fn start(out: impl Write + Send + 'static, lost: IntCounter) -> io::Result<Self> {
        let (queue, lines) = mpsc::channel();
        let count = lost.clone();
        std::thread::Builder::new()
            .name("stdout".to_owned())
            .spawn(move || write_all(out, &lines, &count))?;
        Ok(Self {
            queue,
            room: Arc::new(Semaphore::new(QUEUE_MAX_BYTES)),
            lost,
        })
    }

    /// Writes one line; `text` has no line break. Returns when the line is written or lost, or after `ACK_TIMEOUT`.
    pub async fn write(&self, text: String) {
        let size = u32::try_from(text.len()).unwrap_or(u32::MAX);
        let Ok(room) = Arc::clone(&self.room).try_acquire_many_owned(size) else {
            self.lost.inc();
            tracing::error!(
                "stdout is not being read and its queue is full; a payload line is lost"
            );
            return;
        };
        let (written, done) = oneshot::channel();
        let line = Line {
            text,
            written,
            _room: room,
        };
        if self.queue.send(line).is_err() {
            self.lost.inc();
        } else if tokio::time::timeout(ACK_TIMEOUT, done).await.is_err() {
            tracing::warn!("stdout is not being read; payload lines wait in memory");
        }
    }
}

fn write_all(mut out: impl Write, lines: &Receiver<Line>, lost: &IntCounter) {
    let mut failing = false;
    // The rest of a line that was written only in part. It must be completed before the next line.
    let mut rest: Vec<u8> = Vec::new();
    for line in lines {
        rest.extend_from_slice(line.text.as_bytes());
        rest.push(b'\n');
        let result = drain(&mut out, &mut rest);
        if let Err(error) = &result {
            lost.inc();
            let length = line.text.len() + 1;
            if let Some(earlier) = rest.len().checked_sub(length) {
                rest.truncate(earlier);
            }
            if !failing {
                tracing::error!(%error, "cannot write to stdout; the history still gets every alert");
            }
        }
        failing = result.is_err();
        // The receiver is gone after its timeout.
        let _ = line.written.send(());
    }
}

/// Writes as much of `rest` as possible, and removes the written part.
fn drain(out: &mut impl Write, rest: &mut Vec<u8>) -> io::Result<()> {
    while !rest.is_empty() {
        match out.write(rest) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(written) => drop(rest.drain(..written)),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    out.flush()
}

#[cfg(test)]
mod tests;
