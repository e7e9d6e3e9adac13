//! `down`: stops the supervisor, which stops the parts, and parts whose supervisor was killed.

use std::process::ExitCode;
use std::time::Duration;

use super::Lab;
use crate::cli::Error;
use crate::state::lock::Lock;
use crate::state::record::{LabRecord, PartState};
use crate::terminal::output;

/// How long the supervisor may take to stop the parts one after the other.
const SUPERVISOR_GRACE: Duration = Duration::from_secs(90);

/// How long a part without a supervisor may take to stop.
const LEFTOVER_GRACE: Duration = Duration::from_secs(8);

/// Stops the lab. It is no error if the lab does not run.
pub async fn run(lab: &Lab) -> Result<ExitCode, Error> {
    // Also one that is still preparing its start.
    let running = lab.supervisor();
    if let Some(process) = &running {
        output::notice("stopping all parts …");
        // Should it have to be killed, the parts die with it.
        process.end(SUPERVISOR_GRACE).await;
    }
    let ended = end_what_nobody_keeps(lab).await?;
    let path = lab.state.path().display();
    output::print(&match (running.is_some(), ended) {
        (true, _) => format!("The lab is down. Its data and logs stay in {path}.\n"),
        (false, 0) => "The lab is not running.\n".to_owned(),
        (false, ended) => {
            format!("The lab had been killed; ended {ended} parts that it left behind.\n")
        }
    })?;
    Ok(ExitCode::SUCCESS)
}

/// Calls [`end_leftovers`], unless a new supervisor has started: the parts are its own then.
async fn end_what_nobody_keeps(lab: &Lab) -> anyhow::Result<usize> {
    if !lab.state.state_file().exists() {
        return Ok(0);
    }
    match Lock::try_take(&lab.state.lock_file())? {
        Some(_lock) => end_leftovers(lab).await,
        None => Ok(0),
    }
}

/// Stops the recorded parts that still run without their supervisor, and returns their number. The caller holds the
/// lock.
///
/// # Errors
/// The record can't be read.
pub async fn end_leftovers(lab: &Lab) -> anyhow::Result<usize> {
    let path = lab.state.state_file();
    let Some(mut record) = LabRecord::load(&path)? else {
        return Ok(0);
    };
    let mut ended = 0;
    for part in &mut record.parts {
        if let Some(process) = part.process.take() {
            if process.is_alive() {
                process.end(LEFTOVER_GRACE).await;
                ended += 1;
            }
            part.state = PartState::Stopped;
        }
    }
    // On a full disk it stays as it was, which is no harm: its readers look whether the processes run.
    let _ = record.save(&path);
    Ok(ended)
}
