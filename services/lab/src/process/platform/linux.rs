//! Linux: processes are files in `/proc`, and the kernel ends a part with its supervisor.

use std::fs;
use std::io;
use std::path::PathBuf;
use std::process::Stdio;

use rustix::process::{Signal, set_parent_process_death_signal};

/// The error message if the lab can't identify its own process.
pub const NO_PROCESSES: &str = "can't read /proc, which the lab needs";

/// The supervisor's end of the tie to a part: empty, since the kernel knows both processes.
#[derive(Debug)]
pub struct Tie;

/// Returns a part's stdin, and the [`Tie`] to hold as long as the part may run.
///
/// # Errors
/// None here.
pub fn tie() -> io::Result<(Stdio, Tie)> {
    Ok((Stdio::null(), Tie))
}

/// Called by the process that becomes the part: from now on it dies with its supervisor, also after exec.
///
/// # Errors
/// The operating system refuses.
pub fn tie_to_supervisor() -> io::Result<()> {
    // SIGKILL leaves no chance of a process being left behind; the parts are made to survive it.
    Ok(set_parent_process_death_signal(Some(Signal::KILL))?)
}

/// Returns a path of this program that stays valid when a newer build replaces it on disk.
///
/// # Errors
/// None here.
pub fn program() -> io::Result<PathBuf> {
    Ok("/proc/self/exe".into())
}

/// When the process that has the id now started, in clock ticks since the machine did; `None` when there is none (a
/// zombie is none).
#[must_use]
pub fn start_of(pid: i32) -> Option<u64> {
    start_ticks(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
}

/// [`start_of`] a child that was started just now.
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

/// Returns field 22 of `/proc/PID/stat`, proc(5), unless fields 3 and 20 say that the process has exited. The command's
/// name (field 2, in parentheses) may contain spaces and parentheses itself.
fn start_ticks(stat: &str) -> Option<u64> {
    let mut fields = stat.get(stat.rfind(')')? + 1..)?.split_ascii_whitespace();
    // Field 3. A zombie has ended; only its parent has not noticed. One with other threads is still on its way: they hold its
    // sockets until they have ended, too.
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
    fn a_process_is_alive_while_one_of_its_threads_is() {
        let stat = "7 (x) Z 1 7 7 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 3 0 4242 1000 200";
        assert_eq!(start_ticks(stat), Some(4242));
    }
}
