//! Systems without `/proc` and without a parent death signal, macOS above all: ps tells about processes, and a guard
//! beside each part ends it with its supervisor.
//!
//! The part's process becomes its program here too, so that its id, signals and exit code are the program's own. Before
//! that it leaves a child, the guard, which reads from a pipe that only the supervisor can write to: the pipe's end is
//! the supervisor's.

use std::env;
use std::io::{self, PipeWriter};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::LazyLock;

use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// The error message if the lab can't identify its own process.
pub const NO_PROCESSES: &str = "can't ask /bin/ps about processes, which the lab needs";

/// The supervisor's end of the tie to a part. The part is killed when it is dropped or the supervisor exits.
pub type Tie = PipeWriter;

/// Reads until the supervisor is gone, then kills the part ($1) if that still is its parent: after the part's own end
/// the id may be another's. A shell, since a process can't both become the part and stay, nor fork without unsafe code.
const GUARD: &str = r#"read -r line; [ "$1" = $(/bin/ps -o ppid= -p $$) ] && kill -KILL "$1""#;

/// A start time that no process has.
const NEVER: u64 = 0;

/// The state of a process according to ps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ProcessState {
    /// It has been running since this second.
    Running(u64),
    /// It has exited, and its parent has not waited for it yet.
    Zombie,
}

/// Returns a part's stdin, and the [`Tie`] to hold as long as the part may run.
///
/// # Errors
/// A pipe can't be created.
pub fn tie() -> io::Result<(Stdio, Tie)> {
    let (guard, supervisor) = io::pipe()?;
    Ok((guard.into(), supervisor))
}

/// Called by the process that becomes the part, with the stdin of [`tie`]: from now on it dies with its supervisor, also
/// after exec.
///
/// # Errors
/// The guard can't be started.
pub fn tie_to_supervisor() -> io::Result<()> {
    Command::new("/bin/sh")
        .args(["-c", GUARD, "lab-guard"])
        .arg(std::process::id().to_string())
        // Or the part's output would not end with the part.
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map(drop)
}

/// Returns the path of this program on disk.
///
/// # Errors
/// The operating system does not know it.
pub fn program() -> io::Result<PathBuf> {
    env::current_exe()
}

/// Returns when the process with this id started, in seconds since 1970; `None` without one, or for a zombie.
#[must_use]
pub fn start_of(pid: i32) -> Option<u64> {
    match state_of(pid)? {
        ProcessState::Running(start) => Some(start),
        ProcessState::Zombie => None,
    }
}

/// [`start_of`] a child that was started just now. It may have ended while ps started; its exit code is still to be had.
#[must_use]
pub fn start_of_child(pid: i32) -> Option<u64> {
    match state_of(pid)? {
        ProcessState::Running(start) => Some(start),
        ProcessState::Zombie => Some(NEVER),
    }
}

/// Which run of the machine this is; empty on a system other than macOS. Not `kern.boottime`: that changes whenever the
/// clock is set.
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

/// "Ss   Tue Nov 24 17:25:32 2026", in UTC.
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

/// What a program of the system writes when it succeeds. By its whole path: what is on PATH may be another, and every
/// command of the lab has to get the same answer, whatever its language and time zone.
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

    /// Linux, where nobody but these tests asks ps, may have none.
    fn has_ps() -> bool {
        let there = Path::new("/bin/ps").exists();
        assert!(there || cfg!(target_os = "linux"), "there is no /bin/ps");
        there
    }

    fn started(program: &str, args: &[&str], stdin: impl Into<Stdio>) -> Child {
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
    fn what_ps_says_is_understood() {
        let running = Some(ProcessState::Running(1_795_541_132));
        assert_eq!(parse("Ss   Tue Nov 24 17:25:32 2026\n"), running);
        assert_eq!(parse("  S+ Tue Nov 24 17:25:32 2026    \n"), running);
        let first_days = Some(ProcessState::Running(1_794_267_001));
        assert_eq!(parse("R    Mon Nov  9 23:30:01 2026"), first_days);
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
    fn this_process_has_started_and_stays_the_same() {
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
    async fn who_has_ended_is_none_though_a_child_that_nobody_waited_for_is_still_ones_child() {
        if !has_ps() {
            return;
        }
        let mut child = started("true", &[], Stdio::null());
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
    async fn the_guard_kills_its_part_when_the_supervisor_is_gone() {
        if !has_ps() {
            return;
        }
        let (stdin, tie) = tie().unwrap();
        // As [`tie_to_supervisor`] and exec do it, which would turn these tests into the part.
        let part =
            "exec 3<&0; sh -c \"$0\" guard $$ <&3 >/dev/null 2>&1 & exec sleep 60 </dev/null 3<&-";
        let mut part = started("sh", &["-c", part, GUARD], stdin);
        let early = timeout(Duration::from_millis(500), part.wait()).await;
        assert!(early.is_err(), "it ended though its supervisor is there");
        drop(tie);
        let status = timeout(LIMIT, part.wait()).await.unwrap().unwrap();
        assert_eq!(status.signal(), Some(9));
    }

    #[tokio::test]
    async fn the_guard_spares_whoever_is_not_its_parent() {
        let (stdin, tie) = tie().unwrap();
        let mut other = started("sleep", &["60"], Stdio::null());
        let pid = pid_of(&other).to_string();
        let mut guard = started("sh", &["-c", GUARD, "guard", &pid], stdin);
        drop(tie);
        let status = timeout(LIMIT, guard.wait()).await.unwrap().unwrap();
        assert!(!status.success());
        assert!(other.try_wait().unwrap().is_none());
        other.kill().await.unwrap();
    }
}
