//! Systems without `/proc` and without a parent death signal, such as macOS: `ps` describes processes, and a guard beside
//! each part kills it when its supervisor exits.
//!
//! As on Linux, the process becomes the part's program by exec, so that its id, signals and exit code are the program's.
//! Before that it starts the guard as a child. The guard reads from a pipe whose only writer is the supervisor, so it
//! reads the end of the pipe when the supervisor exits.

use std::env;
use std::io::{self, PipeWriter};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::LazyLock;

use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// The error message if the lab can't identify its own process.
pub const NO_PROCESSES: &str = "can't identify this process with /bin/ps, which the lab needs";

/// The supervisor's end of the tie to a part. The part is killed when this is dropped or the supervisor exits.
pub type Tie = PipeWriter;

/// The guard: reads until the supervisor has exited, then kills the part ($1) if it is still its parent. After the part's
/// exit another process may have the id. It is a shell script, because a fork in Rust needs unsafe code.
const GUARD: &str = r#"read -r line; [ "$1" = $(/bin/ps -o ppid= -p $$) ] && kill -KILL "$1""#;

/// The start time of a zombie child, which no running process has.
const NEVER: u64 = 0;

/// The state of a process as `ps` reports it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ProcessState {
    /// It has been running since this second.
    Running(u64),
    /// It has exited, and its parent has not waited for it yet.
    Zombie,
}

/// Returns the stdin for a part, and the [`Tie`] to hold as long as the part may run.
///
/// # Errors
/// A pipe can't be created.
pub fn tie() -> io::Result<(Stdio, Tie)> {
    let (guard, supervisor) = io::pipe()?;
    Ok((guard.into(), supervisor))
}

/// Ties this process to its supervisor, also after exec. The process that becomes the part calls it, with the stdin of
/// [`tie`].
///
/// # Errors
/// The guard can't be started.
pub fn tie_to_supervisor() -> io::Result<()> {
    Command::new("/bin/sh")
        .args(["-c", GUARD, "lab-guard"])
        .arg(std::process::id().to_string())
        // Otherwise the guard would hold the part's output open after the part's exit.
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map(drop)
}

/// Returns the path of this program on disk.
///
/// # Errors
/// The operating system can't tell it.
pub fn program() -> io::Result<PathBuf> {
    env::current_exe()
}

/// Returns the start time of the process with this id, in seconds since 1970; `None` if there is none or it is a zombie.
#[must_use]
pub fn start_of(pid: i32) -> Option<u64> {
    match state_of(pid)? {
        ProcessState::Running(start) => Some(start),
        ProcessState::Zombie => None,
    }
}

/// Returns the start time of a child that was just started, in seconds since 1970; 0 if it has exited already, since its
/// exit code can still be read.
#[must_use]
pub fn start_of_child(pid: i32) -> Option<u64> {
    match state_of(pid)? {
        ProcessState::Running(start) => Some(start),
        ProcessState::Zombie => Some(NEVER),
    }
}

/// Returns the id of the current boot; empty on systems other than macOS. `kern.boottime` is no such id, because it
/// changes whenever the clock is set.
#[must_use]
pub fn boot_id() -> String {
    static ID: LazyLock<String> = LazyLock::new(|| {
        output("/usr/sbin/sysctl", &["-n", "kern.bootsessionuuid"])
            .map(|id| id.trim().to_owned())
            .unwrap_or_default()
    });
    ID.clone()
}

fn state_of(pid: i32) -> Option<ProcessState> {
    let pid = pid.to_string();
    parse(&output(
        "/bin/ps",
        &["-o", "stat=", "-o", "lstart=", "-p", &pid],
    )?)
}

/// Parses a state and a start time in UTC, such as "Ss   Tue Nov 24 17:25:32 2026".
fn parse(line: &str) -> Option<ProcessState> {
    let (state, start) = line.trim().split_once(char::is_whitespace)?;
    if state.starts_with('Z') {
        return Some(ProcessState::Zombie);
    }
    let start = DateTime::strptime("%a %b %e %H:%M:%S %Y", start.trim()).ok()?;
    let start = TimeZone::UTC.to_timestamp(start).ok()?;
    u64::try_from(start.as_second())
        .ok()
        .map(ProcessState::Running)
}

/// Returns the output of a system program if it succeeds. `program` is a full path, and language and time zone are fixed,
/// so that every command of the lab gets the same output.
fn output(program: &str, args: &[&str]) -> Option<String> {
    let output = Command::new(program)
        .args(args)
        .env("LC_ALL", "C")
        .env("TZ", "UTC0")
        .stdin(Stdio::null())
        .output()
        .ok()?;
    output
        .status
        .success()
        .then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt as _;
    use std::path::Path;
    use std::time::Duration;

    use jiff::Timestamp;
    use tokio::process::Child;
    use tokio::time::{sleep, timeout};

    use super::*;

    const LIMIT: Duration = Duration::from_secs(20);

    /// Returns whether `ps` exists. On Linux only these tests use it, and it may be missing.
    fn has_ps() -> bool {
        let found = Path::new("/bin/ps").exists();
        assert!(found || cfg!(target_os = "linux"), "no /bin/ps");
        found
    }

    fn spawn(program: &str, args: &[&str], stdin: impl Into<Stdio>) -> Child {
        tokio::process::Command::new(program)
            .args(args)
            .stdin(stdin)
            .kill_on_drop(true)
            .spawn()
            .unwrap()
    }

    fn pid_of(child: &Child) -> i32 {
        child.id().unwrap().cast_signed()
    }

    #[test]
    fn the_output_of_ps_is_parsed() {
        let running = Some(ProcessState::Running(1_795_541_132));
        assert_eq!(parse("Ss   Tue Nov 24 17:25:32 2026\n"), running);
        assert_eq!(parse("  S+ Tue Nov 24 17:25:32 2026    \n"), running);
        let one_digit_day = Some(ProcessState::Running(1_794_267_001));
        assert_eq!(parse("R    Mon Nov  9 23:30:01 2026"), one_digit_day);
        assert_eq!(
            parse("Z    Tue Nov 24 17:25:32 2026"),
            Some(ProcessState::Zombie)
        );
        assert_eq!(parse("Z    -"), Some(ProcessState::Zombie));
        for other in ["", "S", "S -", "S Di 24. Nov 17:25:32 2026"] {
            assert_eq!(parse(other), None, "{other}");
        }
    }

    #[test]
    fn this_process_has_one_start_time_and_boot() {
        if !has_ps() {
            return;
        }
        let own = std::process::id().cast_signed();
        let start = start_of(own).unwrap();
        let now = Timestamp::now().as_second().cast_unsigned();
        assert!(start <= now + 2 && start + 3600 > now, "{start} {now}");
        assert_eq!(start_of_child(own), Some(start));
        assert_eq!(boot_id(), boot_id());
        assert!(program().unwrap().is_file());
    }

    #[tokio::test]
    async fn a_zombie_has_no_start_time_except_as_a_child() {
        if !has_ps() {
            return;
        }
        let mut child = spawn("true", &[], Stdio::null());
        let pid = pid_of(&child);
        timeout(LIMIT, async {
            while state_of(pid) != Some(ProcessState::Zombie) {
                sleep(Duration::from_millis(20)).await;
            }
        })
        .await
        .unwrap();
        assert_eq!(start_of(pid), None);
        assert_eq!(start_of_child(pid), Some(NEVER));
        assert!(child.wait().await.unwrap().success());
        assert_eq!(start_of(pid), None);
        assert_eq!(start_of_child(pid), None);
    }

    #[tokio::test]
    async fn the_guard_kills_its_part_when_the_supervisor_exits() {
        if !has_ps() {
            return;
        }
        let (stdin, tie) = tie().unwrap();
        // The same as `tie_to_supervisor` and exec, which would replace this test process by the part.
        let part =
            "exec 3<&0; sh -c \"$0\" guard $$ <&3 >/dev/null 2>&1 & exec sleep 60 </dev/null 3<&-";
        let mut part = spawn("sh", &["-c", part, GUARD], stdin);
        let early = timeout(Duration::from_millis(500), part.wait()).await;
        assert!(early.is_err(), "it exited before its supervisor");
        drop(tie);
        let status = timeout(LIMIT, part.wait()).await.unwrap().unwrap();
        assert_eq!(status.signal(), Some(9));
    }

    #[tokio::test]
    async fn the_guard_kills_only_its_parent() {
        let (stdin, tie) = tie().unwrap();
        let mut other = spawn("sleep", &["60"], Stdio::null());
        let pid = pid_of(&other).to_string();
        let mut guard = spawn("sh", &["-c", GUARD, "guard", &pid], stdin);
        drop(tie);
        let status = timeout(LIMIT, guard.wait()).await.unwrap().unwrap();
        assert!(!status.success());
        assert!(other.try_wait().unwrap().is_none());
        other.kill().await.unwrap();
    }
}
