//! `status`: polls the state of each part.

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

/// How long a running supervisor may take to restore its record; it checks every second.
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

/// The answer of `--json`.
#[derive(Debug, Serialize)]
struct Status {
    parts: Vec<PartStatus>,
}

/// Shows the parts; exit code 1 unless all of them are ready.
pub async fn run(lab: &Lab, json: bool) -> Result<ExitCode, Error> {
    let record = record(lab).await?;
    let status = Status {
        parts: match &record {
            Some(record) => observe(record).await?,
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
                lab.state.typed("up")
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
async fn observe(record: &LabRecord) -> anyhow::Result<Vec<PartStatus>> {
    let client = http::local_client(READINESS_TIMEOUT)?;
    let supervised = record.supervisor.is_alive();
    let mut questions = JoinSet::new();
    for (index, part) in record.parts.iter().cloned().enumerate() {
        let client = client.clone();
        questions.spawn(async move { (index, observe_one(&client, part, supervised).await) });
    }
    let mut parts = questions.join_all().await;
    parts.sort_by_key(|(index, _)| *index);
    Ok(parts.into_iter().map(|(_, part)| part).collect())
}

async fn observe_one(client: &reqwest::Client, part: PartRecord, supervised: bool) -> PartStatus {
    let process = part.process.as_ref().filter(|process| process.is_alive());
    let ready = process.is_some() && http::answers(client, &part.readiness_url).await;
    PartStatus {
        state: state_now(part.state, process.is_some(), ready, supervised),
        pid: process.map(|process| process.pid),
        name: part.name,
        url: part.url,
        restarts: part.restarts,
    }
}

/// Combines the recorded state of a part with the observed one.
fn state_now(recorded: PartState, runs: bool, ready: bool, supervised: bool) -> PartState {
    match (runs, recorded) {
        (true, _) if ready => PartState::Ready,
        (true, PartState::Ready) => PartState::NotReady,
        (true, recorded) => recorded,
        (false, PartState::Failed) => PartState::Failed,
        // It died a moment ago, or its supervisor with it.
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
    fn a_part_that_runs_is_what_it_says() {
        assert_eq!(
            state_now(PartState::Starting, true, true, true),
            PartState::Ready
        );
        assert_eq!(
            state_now(PartState::Starting, true, false, true),
            PartState::Starting
        );
        assert_eq!(
            state_now(PartState::Ready, true, false, true),
            PartState::NotReady
        );
    }

    #[test]
    fn a_part_that_does_not_run_is_never_ready() {
        for recorded in [
            PartState::Ready,
            PartState::NotReady,
            PartState::Starting,
            PartState::Restarting,
        ] {
            assert_eq!(state_now(recorded, false, false, false), PartState::Stopped);
            assert_ne!(state_now(recorded, false, false, true), PartState::Ready);
        }
        assert_eq!(
            state_now(PartState::Ready, false, false, true),
            PartState::Restarting
        );
        assert_eq!(
            state_now(PartState::Failed, false, false, false),
            PartState::Failed
        );
    }
}
