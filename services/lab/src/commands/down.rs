//! `down`: ends the supervisor, which ends the parts; and whatever is left of a lab that was killed.

use std::process::ExitCode;
use std::time::Duration;

use rustix::process::Signal;

use super::Lab;
use crate::error::Error;
use crate::output;
use crate::state_file::{LabRecord, PartState};

/// How long the supervisor may take to stop the parts one after the other.
const SUPERVISOR_GRACE: Duration = Duration::from_secs(90);

/// How long a part may take that has no supervisor any more.
const LEFTOVER_GRACE: Duration = Duration::from_secs(8);

/// Ends the lab. One that does not run is no failure.
pub async fn run(lab: &Lab) -> Result<ExitCode, Error> {
    let Some(record) = LabRecord::load(&lab.state.state_file())? else {
        output::print("The lab is not running.\n")?;
        return Ok(ExitCode::SUCCESS);
    };
    let was_running = record.supervisor.is_alive();
    if was_running {
        eprintln!("stopping all parts …");
        record.supervisor.signal(Signal::TERM);
        if !record.supervisor.gone_within(SUPERVISOR_GRACE).await {
            // The parts die with it.
            record.supervisor.signal(Signal::KILL);
        }
    }
    let ended = end_leftovers(lab).await?;
    let path = lab.state.path().display();
    output::print(&match (was_running, ended) {
        (true, _) => format!("The lab is down. Its data and logs stay in {path}.\n"),
        (false, 0) => "The lab is not running.\n".to_owned(),
        (false, ended) => {
            format!("The lab had been killed; ended {ended} parts that it left behind.\n")
        }
    })?;
    Ok(ExitCode::SUCCESS)
}

/// Ends the recorded parts that still run though their supervisor does not; how many these were.
///
/// # Errors
/// The record can't be read or written.
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
    record.save(&path)?;
    Ok(ended)
}
