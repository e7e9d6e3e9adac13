//! `status`: shows the parts with their polled states, the targets that are not up, and the open incidents.

mod overview;

use std::process::ExitCode;
use std::time::Duration;

use serde::Serialize;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::Lab;
use crate::cli::{Error, WIDTH};
use crate::http;
use crate::part::Part;
use crate::state::record::{LabRecord, PartRecord, PartState};
use crate::terminal::{output, words};

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
    /// The reason for which it is not ready.
    #[serde(skip)]
    reason: Option<String>,
    /// The address for a browser, if it differs from `url`.
    #[serde(skip)]
    page: Option<String>,
}

/// The output of `--json`.
#[derive(Debug, Serialize)]
struct Status {
    parts: Vec<PartStatus>,
}

/// Shows the parts and the state of the targets. The exit code is 1 unless all parts are ready.
pub async fn run(lab: &Lab, json: bool) -> Result<ExitCode, Error> {
    let record = record(lab).await?;
    let gateway = record
        .as_ref()
        .filter(|record| !json && record.supervisor.is_alive())
        .and_then(|record| record.part(Part::ApiGateway.name()));
    let (parts, overview) = tokio::join!(
        async {
            match &record {
                Some(record) => poll_all(record).await,
                None => Ok(vec![]),
            }
        },
        async {
            match gateway {
                Some(gateway) => overview::text(&gateway.url).await,
                None => String::new(),
            }
        }
    );
    let status = Status { parts: parts? };
    if json {
        let text = serde_json::to_string(&status).map_err(anyhow::Error::from)?;
        output::print(&format!("{text}\n"))?;
    } else {
        let mut text = table(&status.parts);
        for note in record.iter().flat_map(|record| &record.notes) {
            text.push_str(&format!("{note}\n"));
        }
        text.push_str(&overview);
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
    let readiness = match process {
        Some(_) => http::readiness(client, &part.readiness_url).await,
        None => Err(None),
    };
    let is_ready = readiness.is_ok();
    let page = part.page.is_some().then(|| part.page_address());
    PartStatus {
        state: combine(part.state, process.is_some(), is_ready, supervised),
        reason: readiness.err().flatten(),
        pid: process.map(|process| process.pid),
        name: part.name,
        url: part.url,
        restarts: part.restarts,
        page,
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
        if let Some(reason) = &part.reason {
            text.push_str(&format!("  {}\n", words::fit(reason, WIDTH - 2)));
        }
        if let Some(page) = &part.page {
            text.push_str(&format!("  page: {page}\n"));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reason_of_a_part_that_is_not_ready_is_below_it() {
        let part = |state, reason| PartStatus {
            name: "alert-logger".to_owned(),
            state,
            url: "http://127.0.0.1:65535".to_owned(),
            pid: Some(4_194_304),
            restarts: 10,
            reason,
            page: None,
        };
        let table = table(&[
            part(PartState::Ready, None),
            part(PartState::NotReady, Some("not ready: no room ".repeat(9))),
        ]);
        let lines: Vec<&str> = table.lines().collect();
        assert_eq!(lines.len(), 4, "{table}");
        assert!(lines[3].starts_with("  not ready: no room"), "{table}");
        for line in lines {
            assert!(console::measure_text_width(line) <= WIDTH, "{line}");
        }
    }

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
