//! `down`: stops the supervisor, which stops the parts; also stops parts whose supervisor was killed.

use std::process::ExitCode;
use std::time::Duration;

use super::Lab;
use crate::cli::Error;
use crate::state::lock::Lock;
use crate::state::record::{LabRecord, PartState};
use crate::terminal::output;

/// The time limit for the supervisor to stop the parts one after another.
const SUPERVISOR_GRACE: Duration = Duration::from_secs(90);

/// The time limit for a part without a supervisor to stop.
const LEFTOVER_GRACE: Duration = Duration::from_secs(8);

/// Stops the lab. A lab that does not run is no error.
pub async fn run(lab: &Lab) -> Result<ExitCode, Error> {
    // This may be a process that still prepares the start.
    let running = lab.supervisor();
    if let Some(process) = &running {
        output::notice("stopping all parts …");
        // If it must be killed, the parts are killed with it.
        process.stop(SUPERVISOR_GRACE).await;
    }
    let stopped = stop_unsupervised_parts(lab).await?;
    let path = lab.state.path().display();
    output::print(&match (running.is_some(), stopped) {
        (true, _) => format!("The lab is down. Its data and logs stay in {path}.\n"),
        (false, 0) => "The lab is not running.\n".to_owned(),
        (false, stopped) => {
            format!("The supervisor had been killed; stopped {stopped} leftover parts.\n")
        }
    })?;
    Ok(ExitCode::SUCCESS)
}

/// Calls [`stop_leftovers`], unless a new supervisor has started, to which the parts belong then.
async fn stop_unsupervised_parts(lab: &Lab) -> anyhow::Result<usize> {
    if !lab.state.state_file().exists() {
        return Ok(0);
    }
    match Lock::try_acquire(&lab.state.lock_file())? {
        Some(_lock) => stop_leftovers(lab).await,
        None => Ok(0),
    }
}

/// Stops the recorded parts that still run without their supervisor, and returns their number. The caller holds the
/// lock.
///
/// # Errors
/// The record can't be read.
pub async fn stop_leftovers(lab: &Lab) -> anyhow::Result<usize> {
    let path = lab.state.state_file();
    let Some(mut record) = LabRecord::load(&path)? else {
        return Ok(0);
    };
    let mut stopped = 0;
    for part in &mut record.parts {
        if let Some(process) = part.process.take() {
            if process.is_alive() {
                process.stop(LEFTOVER_GRACE).await;
                stopped += 1;
            }
            part.state = PartState::Stopped;
        }
    }
    // A stale record on a full disk is harmless, since readers check whether the processes run.
    let _ = record.save(&path);
    Ok(stopped)
}
