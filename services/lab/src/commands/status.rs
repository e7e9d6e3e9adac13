//! `status`: polls and shows the state of each part.

use std::process::ExitCode;
use std::time::Duration;

use serde::Serialize;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::Lab;
use crate::cli::Error;
use crate::http;
use crate::state::record::{LabRecord, PartRecord, PartState};
use crate::terminal::output;

/// The time limit for a running supervisor to restore its record. It checks the record every second.
const RECORD_WAIT: Duration = Duration::from_secs(3);

const READINESS_TIMEOUT: Duration = Duration::from_secs(2);

/// One part in `--json`.
#[derive(Debug, Serialize)]
struct PartStatus {
    name: String,
    state: PartState,
    url: String,
    pid: Option<i32>,
    restarts: u32,
}

/// The output of `--json`.
#[derive(Debug, Serialize)]
struct Status {
    parts: Vec<PartStatus>,
}

/// Shows the parts; exit code 1 unless all of them are ready.
pub async fn run(lab: &Lab, json: bool) -> Result<ExitCode, Error> {
    let record = record(lab).await?;
    let status = Status {
        parts: match &record {
            Some(record) => poll_all(record).await?,
            None => vec![],
        },
    };
    if json {
        let text = serde_json::to_string(&status).map_err(anyhow::Error::from)?;
        output::print(&format!("{text}\n"))?;
    } else {
        let mut text = table(&status.parts);
        for note in record.iter().flat_map(|record| &record.notes) {
            text.push_str(&format!("{note}\n"));
        }
        if !record.is_some_and(|record| record.supervisor.is_alive()) {
            text.push_str(&format!(
                "The lab is not running; {} starts it.\n",
                lab.state.command_line("up")
            ));
        }
        output::print(&text)?;
    }
    let all_ready = !status.parts.is_empty()
        && status
            .parts
            .iter()
            .all(|part| part.state == PartState::Ready);
    Ok(if all_ready {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Reads the supervisor's record, and waits for a running supervisor to restore a removed or damaged one.
async fn record(lab: &Lab) -> anyhow::Result<Option<LabRecord>> {
    let deadline = Instant::now() + RECORD_WAIT;
    loop {
        let record = LabRecord::load(&lab.state.state_file())?;
        if record.is_some() || lab.supervisor().is_none() || Instant::now() >= deadline {
            return Ok(record);
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// Polls all parts concurrently.
async fn poll_all(record: &LabRecord) -> anyhow::Result<Vec<PartStatus>> {
    let client = http::local_client(READINESS_TIMEOUT)?;
    let supervised = record.supervisor.is_alive();
    let mut polls = JoinSet::new();
    for (index, part) in record.parts.iter().cloned().enumerate() {
        let client = client.clone();
        polls.spawn(async move { (index, poll(&client, part, supervised).await) });
    }
    let mut parts = polls.join_all().await;
    parts.sort_by_key(|(index, _)| *index);
    Ok(parts.into_iter().map(|(_, part)| part).collect())
}

async fn poll(client: &reqwest::Client, part: PartRecord, supervised: bool) -> PartStatus {
    let process = part.process.as_ref().filter(|process| process.is_alive());
    let ready = process.is_some() && http::answers(client, &part.readiness_url).await;
    PartStatus {
        state: combine(part.state, process.is_some(), ready, supervised),
        pid: process.map(|process| process.pid),
        name: part.name,
        url: part.url,
        restarts: part.restarts,
    }
}

/// Combines the recorded state of a part with the polled one.
fn combine(recorded: PartState, runs: bool, ready: bool, supervised: bool) -> PartState {
    match (runs, recorded) {
        (true, _) if ready => PartState::Ready,
        (true, PartState::Ready) => PartState::NotReady,
        (true, recorded) => recorded,
        (false, PartState::Failed) => PartState::Failed,
        // It has just exited, and the supervisor has not recorded that yet.
        (false, PartState::Ready | PartState::NotReady) if supervised => PartState::Restarting,
        (false, recorded) if supervised => recorded,
        (false, _) => PartState::Stopped,
    }
}

fn table(parts: &[PartStatus]) -> String {
    if parts.is_empty() {
        return String::new();
    }
    let mut text = format!(
        "{:<14}{:<12}{:<26}{:>8}{:>10}\n",
        "PART", "STATE", "URL", "PID", "RESTARTS"
    );
    for part in parts {
        let pid = part
            .pid
            .map_or_else(|| "-".to_owned(), |pid| pid.to_string());
        let state = output::state_name(part.state);
        text.push_str(&format!(
            "{:<14}{state:<12}{:<26}{pid:>8}{:>10}\n",
            part.name, part.url, part.restarts
        ));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_running_part_has_the_state_of_its_readiness() {
        assert_eq!(
            combine(PartState::Starting, true, true, true),
            PartState::Ready
        );
        assert_eq!(
            combine(PartState::Starting, true, false, true),
            PartState::Starting
        );
        assert_eq!(
            combine(PartState::Ready, true, false, true),
            PartState::NotReady
        );
    }

    #[test]
    fn a_part_without_a_process_is_never_ready() {
        for recorded in [
            PartState::Ready,
            PartState::NotReady,
            PartState::Starting,
            PartState::Restarting,
        ] {
            assert_eq!(combine(recorded, false, false, false), PartState::Stopped);
            assert_ne!(combine(recorded, false, false, true), PartState::Ready);
        }
        assert_eq!(
            combine(PartState::Ready, false, false, true),
            PartState::Restarting
        );
        assert_eq!(
            combine(PartState::Failed, false, false, false),
            PartState::Failed
        );
    }
}
