//! Processes that end with the test.

use std::io;
use std::path::Path;
use std::process::{Child, Command, ExitStatus};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

/// A process that the test started. It is killed when dropped.
#[derive(Debug)]
pub struct Process(Child);

impl Process {
    /// Starts a process.
    ///
    /// # Panics
    /// The program can't be started.
    #[must_use]
    pub fn start(command: &mut Command) -> Self {
        match Self::try_start(command) {
            Ok(process) => process,
            Err(error) => panic!("can't start {command:?}: {error}"),
        }
    }

    pub(crate) fn try_start(command: &mut Command) -> io::Result<Self> {
        command.spawn().map(Self)
    }

    /// Returns the child, to read its pipes.
    pub fn child(&mut self) -> &mut Child {
        &mut self.0
    }

    /// Its process id.
    #[must_use]
    pub fn pid(&self) -> Pid {
        Pid::from_child(&self.0)
    }

    /// Sends a signal.
    ///
    /// # Panics
    /// The process has ended and was waited for.
    pub fn signal(&self, signal: Signal) {
        kill_process(self.pid(), signal).expect("it can be signalled");
    }

    /// Asks it to end, as a supervisor does.
    pub fn terminate(&self) {
        self.signal(Signal::TERM);
    }

    /// Ends it without a warning.
    pub fn kill(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }

    /// Waits for it to end by itself.
    ///
    /// # Panics
    /// It does not end within `limit`.
    pub async fn exit(&mut self, limit: Duration) -> ExitStatus {
        let began = Instant::now();
        loop {
            if let Some(status) = self.0.try_wait().expect("it can be waited for") {
                return status;
            }
            assert!(began.elapsed() < limit, "it did not end within {limit:?}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// The most memory that it ever had, in bytes.
    ///
    /// # Panics
    /// The process is gone, or this is not Linux.
    #[must_use]
    pub fn peak_memory(&self) -> u64 {
        let status = format!("/proc/{}/status", self.pid().as_raw_nonzero());
        let status = std::fs::read_to_string(status).expect("its status");
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kibibytes = peak.and_then(|peak| peak.trim().strip_suffix(" kB"));
        let kibibytes = kibibytes.and_then(|number| number.parse::<u64>().ok());
        kibibytes.expect("a number") << 10
    }
}

/// Prints the last lines of a log file: what a person looks at first when a test has failed.
pub fn print_tail(name: &str, log: &Path) {
    let log = std::fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<_> = log.lines().collect();
    let tail = lines[lines.len().saturating_sub(25)..].join("\n");
    println!("--- {name}\n{tail}");
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}
