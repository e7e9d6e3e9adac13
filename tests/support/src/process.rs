//! Processes that are killed at the end of a test.

use std::io;
use std::path::Path;
use std::process::{Child, Command, ExitStatus};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

/// A child process. It is killed when dropped.
#[derive(Debug)]
pub struct Process(Child);

impl Process {
    /// Starts a process.
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

    /// Returns the process id.
    #[must_use]
    pub fn pid(&self) -> Pid {
        Pid::from_child(&self.0)
    }

    /// Sends a signal.
    ///
    /// # Panics
    /// The process has exited and was waited for.
    pub fn signal(&self, signal: Signal) {
        kill_process(self.pid(), signal).expect("a process to signal");
    }

    /// Sends SIGTERM, as a supervisor does.
    pub fn terminate(&self) {
        self.signal(Signal::TERM);
    }

    /// Sends SIGKILL and waits.
    pub fn kill(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }

    /// Waits until the process exits by itself.
    ///
    /// # Panics
    /// It does not exit within `limit`.
    pub async fn exit(&mut self, limit: Duration) -> ExitStatus {
        let began = Instant::now();
        loop {
            if let Some(status) = self.0.try_wait().expect("a process to wait for") {
                return status;
            }
            assert!(
                began.elapsed() < limit,
                "the process did not exit within {limit:?}"
            );
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Returns the peak resident memory in bytes.
    ///
    /// # Panics
    /// The process has exited, or this is not Linux.
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

/// Prints the last 25 lines of a log file.
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
