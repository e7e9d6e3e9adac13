//! The queue between the service and stderr.
//!
//! Stderr is a pipe to another process. If that process stops reading, the service must continue: log lines wait in
//! memory, and when the queue is full, new lines are dropped and counted.

use std::io::{self, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use prometheus::IntCounter;

/// The maximum size of queued lines. Lines that are being written need at most as much again.
const CAPACITY_BYTES: usize = 1024 * 1024;

/// A queue of log lines that never blocks its callers. Clones share one queue.
#[derive(Debug, Clone)]
pub(super) struct LogQueue(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    filled: Condvar,
    drained: Condvar,
    dropped: IntCounter,
}

#[derive(Debug, Default)]
struct State {
    /// The queued lines, each complete.
    text: Vec<u8>,
    /// The number of lines dropped since the writer last took lines.
    dropped: u64,
    /// Whether the writer holds lines that are not written yet.
    writing: bool,
}

impl LogQueue {
    /// Creates a queue without a writer. `dropped` counts dropped lines.
    pub(super) fn new(dropped: IntCounter) -> Self {
        Self(Arc::new(Shared {
            state: Mutex::default(),
            filled: Condvar::new(),
            drained: Condvar::new(),
            dropped,
        }))
    }

    /// Starts the thread that writes the queue to `out`. When `out` accepts lines again, it calls `report` with the number
    /// of dropped lines.
    ///
    /// # Errors
    /// The thread can't be started.
    pub(super) fn start(
        &self,
        out: impl Write + Send + 'static,
        report: impl Fn(u64) + Send + 'static,
    ) -> io::Result<()> {
        let queue = self.clone();
        std::thread::Builder::new()
            .name("log".to_owned())
            .spawn(move || queue.write_all_to(out, report))
            .map(drop)
    }

    /// Queues complete lines, or drops them if the queue is full.
    fn push(&self, lines: &[u8]) {
        let mut state = self.lock();
        if state.text.len() + lines.len() > CAPACITY_BYTES {
            state.dropped += 1;
            self.0.dropped.inc();
            return;
        }
        state.text.extend_from_slice(lines);
        self.0.filled.notify_one();
    }

    /// Queues a line even if the queue is full.
    pub(super) fn push_always(&self, line: &str) {
        let mut state = self.lock();
        state.text.extend_from_slice(line.as_bytes());
        state.text.push(b'\n');
        self.0.filled.notify_one();
    }

    /// Waits up to `timeout` until all lines are written. A frozen reader must not delay the exit.
    pub(super) fn flush(&self, timeout: Duration) {
        let unwritten = |state: &mut State| state.writing || !state.text.is_empty();
        let waited = self
            .0
            .drained
            .wait_timeout_while(self.lock(), timeout, unwritten);
        drop(waited);
    }

    fn write_all_to(&self, mut out: impl Write, report: impl Fn(u64)) {
        let mut unreported = 0;
        let mut working = true;
        loop {
            let (text, dropped) = self.next_lines();
            unreported += dropped;
            // The queue is empty now, so the report fits, and appears where the lines are missing. It waits for a
            // successful write, because on a closed stderr each report would cause the next.
            if working && unreported > 0 {
                report(unreported);
                unreported = 0;
            }
            // One write for each line, so that lines of other processes in the same pipe do not mix with it.
            for line in text.split_inclusive(|&byte| byte == b'\n') {
                working = out.write_all(line).is_ok();
                if !working {
                    unreported += 1;
                    self.0.dropped.inc();
                }
            }
        }
    }

    /// Waits for lines and removes all of them from the queue. Lines removed before count as written.
    fn next_lines(&self) -> (Vec<u8>, u64) {
        let mut state = self.lock();
        state.writing = false;
        if state.text.is_empty() {
            self.0.drained.notify_all();
        }
        let empty = |state: &mut State| state.text.is_empty();
        let filled = self.0.filled.wait_while(state, empty);
        let mut state = filled.unwrap_or_else(PoisonError::into_inner);
        state.writing = true;
        (
            std::mem::take(&mut state.text),
            std::mem::take(&mut state.dropped),
        )
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The tracing subscriber writes one complete event per call.
impl Write for LogQueue {
    fn write(&mut self, lines: &[u8]) -> io::Result<usize> {
        self.push(lines);
        Ok(lines.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Receiver, Sender, channel};

    use super::*;

    /// Long enough for any machine. A test that waits this long fails.
    const LONG: Duration = Duration::from_secs(30);

    /// A stand-in for stderr: each write waits for permission of the test, and is then sent to it.
    struct Pipe {
        permissions: Receiver<io::Result<()>>,
        written: Sender<String>,
    }

    impl Write for Pipe {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            // Permits all writes after the test.
            self.permissions.recv().unwrap_or(Ok(()))?;
            let _ = self
                .written
                .send(String::from_utf8_lossy(bytes).into_owned());
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    struct Setup {
        queue: LogQueue,
        permit: Sender<io::Result<()>>,
        written: Receiver<String>,
        dropped: IntCounter,
    }

    /// Returns a queue whose reports are lines in the same queue, as in a service.
    fn setup() -> Setup {
        let dropped = IntCounter::new("dropped", "dropped").unwrap();
        let queue = LogQueue::new(dropped.clone());
        let (permit, permissions) = channel();
        let (sender, written) = channel();
        let reports = queue.clone();
        queue
            .start(
                Pipe {
                    permissions,
                    written: sender,
                },
                move |lines| reports.push(format!("{lines} dropped\n").as_bytes()),
            )
            .unwrap();
        Setup {
            queue,
            permit,
            written,
            dropped,
        }
    }

    impl Setup {
        fn log(&self, line: &str) {
            self.queue.push(format!("{line}\n").as_bytes());
        }

        fn next(&self) -> String {
            self.permit.send(Ok(())).unwrap();
            self.written
                .recv_timeout(LONG)
                .unwrap()
                .trim_end()
                .to_owned()
        }

        /// Waits until `waiting` is true for the queued lines.
        fn until(&self, waiting: impl Fn(&[u8]) -> bool) {
            while !waiting(&self.queue.lock().text) {
                std::thread::yield_now();
            }
        }
    }

    #[test]
    fn lines_are_written_in_order_with_one_write_each() {
        let setup = setup();
        for line in ["one", "two", "three"] {
            setup.log(line);
        }
        for line in ["one", "two", "three"] {
            assert_eq!(setup.next(), line);
        }
        setup.queue.flush(LONG);
    }

    #[test]
    fn a_frozen_reader_blocks_nobody_and_the_gap_is_reported_in_place() {
        let setup = setup();
        setup.log("first");
        setup.until(<[u8]>::is_empty);
        // The writer is in the middle of "first" from here on.
        let line = "x".repeat(1023);
        for _ in 0..1024 + 7 {
            setup.log(&line);
        }
        assert_eq!(setup.dropped.get(), 7);
        assert_eq!(setup.queue.lock().text.len(), CAPACITY_BYTES);
        setup.queue.flush(Duration::from_millis(1));
        assert_eq!(setup.next(), "first");
        setup.until(|lines| lines.ends_with(b"7 dropped\n"));
        setup.log("last");
        for _ in 0..1024 {
            assert_eq!(setup.next(), line);
        }
        assert_eq!(setup.next(), "7 dropped");
        assert_eq!(setup.next(), "last");
        setup.queue.flush(LONG);
    }

    #[test]
    fn push_always_writes_a_line_even_if_the_queue_is_full() {
        let setup = setup();
        setup.log("first");
        setup.until(<[u8]>::is_empty);
        setup.log(&"x".repeat(CAPACITY_BYTES - 1));
        setup.queue.push_always("why the service ends");
        assert_eq!(setup.next(), "first");
        setup.next();
        assert_eq!(setup.next(), "why the service ends");
    }

    #[test]
    fn lines_rejected_by_stderr_are_counted_and_reported_when_it_works_again() {
        let setup = setup();
        for _ in 0..2 {
            setup
                .permit
                .send(Err(io::ErrorKind::BrokenPipe.into()))
                .unwrap();
            setup.log("lost");
            setup.queue.flush(LONG);
        }
        assert_eq!(setup.dropped.get(), 2);
        setup.log("one");
        assert_eq!(setup.next(), "one");
        setup.queue.flush(LONG);
        setup.log("two");
        assert_eq!(setup.next(), "two");
        assert_eq!(setup.next(), "2 dropped");
    }
}
