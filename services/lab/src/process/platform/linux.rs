//! Linux: `/proc` describes processes, and the kernel kills a part when its supervisor exits.

use std::fs;
use std::io;
use std::path::PathBuf;
use std::process::Stdio;

use rustix::process::{Signal, set_parent_process_death_signal};

/// The error message if the lab can't identify its own process.
pub const NO_PROCESSES: &str = "can't read /proc, which the lab needs";

/// The supervisor's end of the tie to a part. It is empty, since the kernel makes the tie.
#[derive(Debug)]
pub struct Tie;

/// Returns the stdin for a part, and the [`Tie`] to hold as long as the part may run.
///
/// # Errors
/// None on Linux.
pub fn tie() -> io::Result<(Stdio, Tie)> {
    Ok((Stdio::null(), Tie))
}

/// Ties this process to its supervisor, also after exec. The process that becomes the part calls it.
///
/// # Errors
/// The kernel rejects the call.
pub fn tie_to_supervisor() -> io::Result<()> {
    // No process can ignore SIGKILL, and the parts lose no data by it.
    Ok(set_parent_process_death_signal(Some(Signal::KILL))?)
}

/// Returns a path of this program that stays valid when a newer build replaces it on disk.
///
/// # Errors
/// None on Linux.
pub fn program() -> io::Result<PathBuf> {
    Ok("/proc/self/exe".into())
}

/// Returns the start time of the process with this id, in clock ticks since the boot; `None` if there is none or it is a
/// zombie.
#[must_use]
pub fn start_of(pid: i32) -> Option<u64> {
    start_ticks(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
}

/// Returns the start time of a child that was just started, as [`start_of`].
#[must_use]
pub fn start_of_child(pid: i32) -> Option<u64> {
    start_of(pid)
}

/// Returns the id of the current boot.
#[must_use]
pub fn boot_id() -> String {
    fs::read_to_string("/proc/sys/kernel/random/boot_id")
        .map(|id| id.trim().to_owned())
        .unwrap_or_default()
}

/// Returns the start time, field 22 of `/proc/PID/stat` (proc(5)), unless fields 3 and 20 say that the process has
/// exited. The command's name (field 2, in parentheses) may contain spaces and parentheses.
fn start_ticks(stat: &str) -> Option<u64> {
    let mut fields = stat.get(stat.rfind(')')? + 1..)?.split_ascii_whitespace();
    // Field 3. A zombie has exited, and its parent has not waited for it yet. A zombie with more than one thread has not
    // exited yet: its threads still hold its sockets.
    let is_zombie = matches!(fields.next()?, "Z" | "X");
    let threads: u64 = fields.nth(16)?.parse().ok()?;
    if is_zombie && threads <= 1 {
        return None;
    }
    fields.nth(1)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_parentheses_and_spaces_does_not_shift_the_fields() {
        let stat = "7 (a) b (c) S 1 7 7 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 4242 1000 200";
        assert_eq!(start_ticks(stat), Some(4242));
    }

    #[test]
    fn a_zombie_is_not_alive() {
        let stat = "7 (x) Z 1 7 7 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 4242 1000 200";
        assert_eq!(start_ticks(stat), None);
    }

    #[test]
    fn a_zombie_with_running_threads_is_alive() {
        let stat = "7 (x) Z 1 7 7 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 3 0 4242 1000 200";
        assert_eq!(start_ticks(stat), Some(4242));
    }
}
