//! Responses of api-gateway, for tests.

use std::sync::Arc;

use gateway_api::availability::Counts;
use gateway_api::incidents::{Incident, IncidentState};
use gateway_api::status::{State, Status, StatusSummary, TargetStatus};
use jiff::Timestamp;

/// Parses a time.
pub fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// Returns a target in a state.
pub fn target(name: &str, state: State) -> TargetStatus {
    let counts = Counts {
        success: 1999.0,
        failures: 1.0,
    };
    TargetStatus {
        target: name.into(),
        url: "https://example.org/".to_owned(),
        kind: "https".to_owned(),
        group: None,
        state,
        was: None,
        since: Some(time("2026-11-23T02:41:00Z")),
        reason: (state == State::Down).then(|| "timeout".into()),
        http_status: None,
        maintenance: None,
        figures: counts.into(),
        latency_seconds: Some(0.0123),
        last_probe_at: Some(time("2026-11-23T02:45:08Z")),
        interval_seconds: Some(15.0),
        certificate_not_after: None,
        slo_objective_ratio: Some(0.999),
        latency_objective_seconds: None,
    }
}

/// Returns a status with these targets.
pub fn status(targets: Vec<TargetStatus>) -> Status {
    Status {
        summary: StatusSummary {
            generated_at: time("2026-11-23T02:45:10Z"),
            newest_observation_at: Some(time("2026-11-23T02:45:08Z")),
            blind: None,
            sources: vec![],
            state: State::Up,
            counts: targets.iter().map(|target| target.state).collect(),
        },
        history_since: None,
        ranges: vec![],
        groups: vec![],
        total: targets.len(),
        next: None,
        targets: targets.into_iter().map(Arc::new).collect(),
    }
}

/// Returns an incident of a target.
pub fn incident(target: &str, state: IncidentState) -> Incident {
    let verb = match state {
        IncidentState::Ongoing => "is",
        _ => "was",
    };
    let is_recovered = state != IncidentState::Ongoing;
    Incident {
        id: format!("1764308460000-{target}"),
        target: Some(target.to_owned()),
        title: format!("{target} {verb} down"),
        state,
        reason: None,
        http_status: None,
        severity: Some("page".to_owned()),
        started_at: time("2026-11-23T02:41:00Z"),
        recovered_at: is_recovered.then(|| time("2026-11-23T02:46:00Z")),
        ended_at: None,
        duration_seconds: None,
        alerts: vec![],
        alerts_total: 0,
        timeline: vec![],
    }
}
