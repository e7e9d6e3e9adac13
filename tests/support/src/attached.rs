//! A lab in the foreground, which ends with this process.

use std::io;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::NamedTempFile;

use crate::Process;

/// How long the lab may take until it is up.
const UP: Duration = Duration::from_secs(60);

/// How long the lab may take to stop its parts.
const STOPPED: Duration = Duration::from_secs(30);

const POLL: Duration = Duration::from_millis(100);

/// A running `lab up`. It is stopped when dropped.
#[derive(Debug)]
pub(crate) struct Attached {
    process: Process,
    output: NamedTempFile,
}

impl Attached {
    /// Runs `up`, a `lab up` command, through `lab exec-part`, so that even SIGKILL to this process ends it.
    pub fn start(up: &Command) -> io::Result<Self> {
        let output = NamedTempFile::new()?;
        let log = output.reopen()?;
        let variables = up.get_envs();
        let mut command = Command::new(up.get_program());
        command
            .arg("exec-part")
            .arg(format!("--supervisor={}", std::process::id()))
            .arg("--")
            .arg(up.get_program())
            .args(up.get_args())
            .envs(variables.filter_map(|(name, value)| Some((name, value?))))
            // On kernels without a parent-death signal, exec-part ends the lab when this pipe closes.
            .stdin(Stdio::piped())
            .stdout(log.try_clone()?)
            .stderr(log);
        let process = Process::try_start(&mut command)?;
        Ok(Self { process, output })
    }

    /// Waits until `record`, the lab's state file, says that the lab is up. An error quotes the lab's output.
    pub fn wait_until_up(&mut self, record: &Path) -> io::Result<()> {
        let started = Instant::now();
        while !is_up(record) {
            let problem = match self.process.child().try_wait()? {
                Some(status) => format!("`lab up` ended with {status}"),
                None if started.elapsed() >= UP => {
                    format!("the lab is not up after {} s", UP.as_secs())
                }
                None => {
                    pause();
                    continue;
                }
            };
            let output = std::fs::read_to_string(self.output.path())?;
            return Err(io::Error::other(format!("{problem}:\n{output}")));
        }
        Ok(())
    }

    fn runs(&mut self) -> bool {
        matches!(self.process.child().try_wait(), Ok(None))
    }
}

impl Drop for Attached {
    fn drop(&mut self) {
        if self.runs() {
            self.process.terminate();
        }
        let terminated = Instant::now();
        while terminated.elapsed() < STOPPED && self.runs() {
            pause();
        }
    }
}

fn is_up(record: &Path) -> bool {
    let record = std::fs::read(record).ok();
    let record = record.and_then(|json| serde_json::from_slice::<Value>(&json).ok());
    record.is_some_and(|record| record["up"] == true)
}

#[allow(
    clippy::disallowed_methods,
    reason = "attached labs are started and dropped outside a runtime"
)]
fn pause() {
    std::thread::sleep(POLL);
}
