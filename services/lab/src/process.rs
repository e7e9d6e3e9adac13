//! Processes, told apart beyond their ids: an id is used again sooner or later, and the lab ends only what it started.

use std::fs;
use std::time::Duration;

use rustix::process::{Pid, Signal};
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

/// A process, and no other one that gets its id later.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcessIdentity {
    /// The process id.
    pub pid: i32,
    /// When it started, in clock ticks since the machine did (field 22 of `/proc/PID/stat`, proc(5)).
    pub start_ticks: u64,
    /// Which run of the machine that was (`/proc/sys/kernel/random/boot_id`).
    pub boot_id: String,
}

impl ProcessIdentity {
    /// The process that has the id now; `None` when there is none (a zombie is none).
    #[must_use]
    pub fn of(pid: i32) -> Option<Self> {
        Some(Self {
            pid,
            start_ticks: start_ticks(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)?,
            boot_id: boot_id(),
        })
    }

    /// This process.
    #[must_use]
    pub fn own() -> Option<Self> {
        Self::of(rustix::process::getpid().as_raw_nonzero().get())
    }

    /// Whether it still runs.
    #[must_use]
    pub fn is_alive(&self) -> bool {
        Self::of(self.pid).as_ref() == Some(self)
    }

    /// Sends the signal if it still runs.
    pub fn signal(&self, signal: Signal) {
        if self.is_alive()
            && let Some(pid) = Pid::from_raw(self.pid)
        {
            // Gone in between is as good as ended.
            let _ = rustix::process::kill_process(pid, signal);
        }
    }

    /// Waits until it is gone, at most `limit`; tells whether it is.
    pub async fn gone_within(&self, limit: Duration) -> bool {
        let deadline = Instant::now() + limit;
        while self.is_alive() {
            if Instant::now() >= deadline {
                return false;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        true
    }

    /// Ends it: SIGTERM, and SIGKILL after `grace`.
    pub async fn end(&self, grace: Duration) {
        self.signal(Signal::TERM);
        if !self.gone_within(grace).await {
            self.signal(Signal::KILL);
            self.gone_within(grace).await;
        }
    }
}

/// Field 22 of `/proc/PID/stat`. The command's name (field 2, in parentheses) may hold spaces and parentheses itself.
fn start_ticks(stat: &str) -> Option<u64> {
    let mut fields = stat.get(stat.rfind(')')? + 1..)?.split_ascii_whitespace();
    // Field 3. A zombie has ended; only its parent has not noticed.
    if matches!(fields.next()?, "Z" | "X") {
        return None;
    }
    fields.nth(18)?.parse().ok()
}

fn boot_id() -> String {
    fs::read_to_string("/proc/sys/kernel/random/boot_id")
        .map(|id| id.trim().to_owned())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_with_parentheses_and_spaces_do_not_shift_the_fields() {
        let stat = "7 (a) b (c) S 1 7 7 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 4242 1000 200";
        assert_eq!(start_ticks(stat), Some(4242));
    }

    #[test]
    fn a_zombie_is_not_alive() {
        let stat = "7 (x) Z 1 7 7 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 4242 1000 200";
        assert_eq!(start_ticks(stat), None);
    }

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
