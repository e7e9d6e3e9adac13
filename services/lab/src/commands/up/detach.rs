//! `up --detach`: starts a supervisor in the background, and returns when the lab is up or has failed to start.

use std::ffi::OsString;
use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::Path;
use std::process::{ExitCode, Stdio};
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use rustix::process::{Pid, Signal, kill_process};
use tokio::io::AsyncWriteExt as _;
use tokio::process::{Child, Command};

use super::Lab;
use crate::cli::{Error, UpArgs};
use crate::process::ProcessIdentity;
use crate::process::platform;
use crate::state::record::{LabRecord, PartState};
use crate::supervisor::{LOG_NAME, Signals};
use crate::terminal::progress::Progress;

const POLL_INTERVAL: Duration = Duration::from_millis(100);

/// Starts the supervisor, sends it the URLs, and shows the progress of its start.
pub async fn run(
    lab: &Lab,
    args: &UpArgs,
    urls: &[String],
    mut progress: Progress,
) -> Result<ExitCode, Error> {
    let path = lab.state.log(LOG_NAME);
    let log = File::options()
        .append(true)
        .create(true)
        .open(&path)
        .with_context(|| format!("can't write {}", path.display()))?;
    let log_start = log.metadata().map_or(0, |metadata| metadata.len());
    let mut signals = Signals::listen().context("can't listen for signals")?;
    let program = platform::program().context("can't find the path of this program")?;
    let mut supervisor = Command::new(program)
        .arg0("lab")
        .args(detached_args(lab, args))
        .stdin(Stdio::piped())
        .stdout(log.try_clone().context("can't share the log")?)
        .stderr(log)
        .spawn()
        .context("can't start the supervisor")?;
    if let Some(mut stdin) = supervisor.stdin.take() {
        // This fails only if the supervisor has exited; the loop below reports its error.
        let _ = stdin.write_all(urls.join("\0").as_bytes()).await;
    }
    let mut shown = false;
    loop {
        tokio::select! {
            status = supervisor.wait() => {
                let status = status.context("can't wait for the supervisor")?;
                progress.finish();
                return Err(last_message(&path, log_start).unwrap_or_else(|| {
                    anyhow!("the supervisor exited ({status}); see {}", path.display())
                }).into());
            }
            name = signals.next() => {
                progress.event(&format!("{name}: stopping all parts"));
                stop(&mut supervisor).await;
                return Err(anyhow!("stopped before the lab was up").into());
            }
            () = tokio::time::sleep(POLL_INTERVAL) => {}
        }
        let Some(record) = own_record(lab, &supervisor) else {
            continue;
        };
        let mut parts = record.parts.iter();
        let ready = record.up || parts.all(|part| part.state == PartState::Ready);
        if ready && !shown {
            progress.ready(&record, &lab.state);
        } else if !shown {
            progress.waiting(&record.parts);
        }
        shown |= ready;
        if record.up {
            progress.up(&format!(
                "It runs in the background; {} stops it.",
                lab.state.command_line("down")
            ));
            return Ok(ExitCode::SUCCESS);
        }
    }
}

/// Returns the arguments of the supervisor, which reads the URLs from stdin.
fn detached_args(lab: &Lab, args: &UpArgs) -> Vec<OsString> {
    let mut all: Vec<OsString> = vec![
        "up".into(),
        "--detached".into(),
        "--state-dir".into(),
        lab.state.path().into(),
    ];
    if let Some(base) = args.port_base {
        all.push(format!("--port-base={base}").into());
    }
    all
}

/// Returns the supervisor's record; `None` while the file is that of an earlier supervisor.
fn own_record(lab: &Lab, supervisor: &Child) -> Option<LabRecord> {
    let record = LabRecord::load(&lab.state.state_file()).ok()??;
    let own = ProcessIdentity::of(supervisor.id()?.cast_signed());
    (own.as_ref() == Some(&record.supervisor)).then_some(record)
}

async fn stop(supervisor: &mut Child) {
    if let Some(pid) = supervisor
        .id()
        .and_then(|pid| Pid::from_raw(pid.cast_signed()))
    {
        // Nothing has waited for this child yet, so its id can't have been reused.
        let _ = kill_process(pid, Signal::TERM);
    }
    let _ = supervisor.wait().await;
}

/// Finds the supervisor's last error message in its log.
fn last_message(log: &Path, from: u64) -> Option<anyhow::Error> {
    let mut file = File::open(log).ok()?;
    file.seek(SeekFrom::Start(from)).ok()?;
    let mut text = String::new();
    file.read_to_string(&mut text).ok()?;
    // No other line starts like this: events start with a time, and quoted output is indented.
    let message = format!("\n{text}")
        .split_once("\nlab: ")
        .map(|(_, message)| message.trim_end().to_owned())?;
    Some(anyhow!(message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_message_is_found_with_the_output_that_it_quotes() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("lab.log");
        let earlier = "lab: of an earlier start\n";
        let message = "prometheus exited with code 1; the last lines of its output:\n  open /repo/.lab: denied";
        std::fs::write(
            &log,
            format!("{earlier}2026-11-23T02:37:02.141Z all parts\nlab: {message}\n"),
        )
        .unwrap();
        let found = last_message(&log, earlier.len() as u64).unwrap();
        assert_eq!(found.to_string(), message);
    }
}
