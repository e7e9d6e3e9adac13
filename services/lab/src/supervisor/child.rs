//! Starts and stops one process of a part.

use std::io;
use std::os::unix::process::ExitStatusExt as _;
use std::process::ExitStatus;
use std::time::Duration;

use rustix::process::{Pid, Signal};
use tokio::net::unix::pipe;
use tokio::process::{Child, Command};

use crate::plan::PartSpec;
use crate::process::ProcessIdentity;
use crate::process::platform::{self, Tie};

/// How long a part may take to stop before it is killed.
const GRACE: Duration = Duration::from_secs(8);

/// A running process. Dropping it kills the process.
#[derive(Debug)]
pub struct Process {
    child: Child,
    identity: ProcessIdentity,
    // Held as long as the process may run: on systems other than Linux, dropping it kills the process.
    _tie: Tie,
}

/// Starts the part through `lab exec-part`, which ties it to this thread: the part is killed when the thread ends (see
/// [`super::exec_part`]). The pipe carries its stdout and stderr, in the order of writing.
///
/// # Errors
/// The process can't be created. A program that can't be executed exits with code 127.
pub fn spawn(spec: &PartSpec) -> io::Result<(Process, pipe::Receiver)> {
    let (output, input) = io::pipe()?;
    let (stdin, tie) = platform::tie()?;
    let child = Command::new(platform::program()?)
        .arg0("lab")
        .arg("exec-part")
        .arg(format!("--supervisor={}", std::process::id()))
        .arg("--")
        .arg(&spec.program)
        .args(&spec.args)
        .env_clear()
        .envs(spec.environment.iter().map(|(name, value)| (name, value)))
        .current_dir(&spec.working_dir)
        .stdin(stdin)
        .stdout(input.try_clone()?)
        .stderr(input)
        // Ctrl-C in the terminal must reach only the supervisor, which stops the parts in order.
        .process_group(0)
        .kill_on_drop(true)
        .spawn()?;
    let identity = child
        .id()
        .and_then(|pid| ProcessIdentity::of_child(pid.cast_signed()))
        .ok_or_else(|| io::Error::other("it exited at once"))?;
    let output = pipe::Receiver::from_owned_fd(output.into())?;
    let process = Process {
        child,
        identity,
        _tie: tie,
    };
    Ok((process, output))
}

impl Process {
    #[must_use]
    pub fn identity(&self) -> &ProcessIdentity {
        &self.identity
    }

    /// Waits for the process to exit.
    pub async fn wait(&mut self) -> io::Result<ExitStatus> {
        self.child.wait().await
    }

    /// Stops the process with SIGTERM, and with SIGKILL after 8 s or when `kill_now` completes.
    pub async fn stop(&mut self, kill_now: impl Future<Output = ()>) {
        if let Some(pid) = self
            .child
            .id()
            .and_then(|pid| Pid::from_raw(pid.cast_signed()))
        {
            // Nothing has waited for this child yet, so its id can't have been reused.
            let _ = rustix::process::kill_process(pid, Signal::TERM);
        }
        tokio::select! {
            _ = self.child.wait() => return,
            () = tokio::time::sleep(GRACE) => {}
            () = kill_now => {}
        }
        let _ = self.child.kill().await;
    }
}

/// Describes the exit of a process, such as "exited with code 1".
#[must_use]
pub fn describe_exit(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("exited with code {code}"),
        (None, Some(signal)) => {
            let name = match signal {
                6 => " (SIGABRT)",
                9 => " (SIGKILL)",
                11 => " (SIGSEGV)",
                15 => " (SIGTERM)",
                _ => "",
            };
            format!("was killed by signal {signal}{name}")
        }
        (None, None) => status.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exit_is_described_by_its_code_or_signal() {
        assert_eq!(
            describe_exit(ExitStatus::from_raw(64 << 8)),
            "exited with code 64"
        );
        assert_eq!(
            describe_exit(ExitStatus::from_raw(9)),
            "was killed by signal 9 (SIGKILL)"
        );
    }
}
