//! The identity of processes. An id alone is not enough: ids are reused, and the lab must stop only processes that it
//! started.

pub mod platform;

use std::time::Duration;

use rustix::process::{Pid, Signal};
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

/// The identity of a process. A later process with the same id has another one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcessIdentity {
    /// The process id.
    pub pid: i32,
    /// The start time, in the unit of the [`platform`]: clock ticks since the boot on Linux, else seconds since 1970.
    pub start_ticks: u64,
    /// The id of the boot.
    pub boot_id: String,
}

impl ProcessIdentity {
    /// Returns the process that has this id now; `None` if there is none or it is a zombie.
    #[must_use]
    pub fn of(pid: i32) -> Option<Self> {
        platform::start_of(pid).map(|start| Self::new(pid, start))
    }

    /// Returns the child of this process with this id, which was just started and has not been waited for.
    #[must_use]
    pub fn of_child(pid: i32) -> Option<Self> {
        platform::start_of_child(pid).map(|start| Self::new(pid, start))
    }

    fn new(pid: i32, start_ticks: u64) -> Self {
        Self {
            pid,
            start_ticks,
            boot_id: platform::boot_id(),
        }
    }

    /// Returns this process.
    #[must_use]
    pub fn own() -> Option<Self> {
        Self::of(rustix::process::getpid().as_raw_nonzero().get())
    }

    /// Returns whether it still runs.
    #[must_use]
    pub fn is_alive(&self) -> bool {
        Self::of(self.pid).as_ref() == Some(self)
    }

    /// Sends the signal if it still runs.
    pub fn signal(&self, signal: Signal) {
        if self.is_alive()
            && let Some(pid) = Pid::from_raw(self.pid)
        {
            // This fails if the process has exited since the check.
            let _ = rustix::process::kill_process(pid, signal);
        }
    }

    /// Waits for its exit, at most for `limit`; returns whether it exited.
    pub async fn exited_within(&self, limit: Duration) -> bool {
        let deadline = Instant::now() + limit;
        while self.is_alive() {
            if Instant::now() >= deadline {
                return false;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        true
    }

    /// Stops it with SIGTERM, and with SIGKILL after `grace`.
    pub async fn stop(&self, grace: Duration) {
        self.signal(Signal::TERM);
        if !self.exited_within(grace).await {
            self.signal(Signal::KILL);
            self.exited_within(grace).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reused_id_is_another_process() {
        let own = ProcessIdentity::own().unwrap();
        assert!(own.is_alive());
        let earlier = ProcessIdentity {
            start_ticks: own.start_ticks - 1,
            ..own.clone()
        };
        assert!(!earlier.is_alive());
        let before_reboot = ProcessIdentity {
            boot_id: "another".to_owned(),
            ..own
        };
        assert!(!before_reboot.is_alive());
    }
}
