use gateway_api::availability::Counts;
use gateway_api::incidents::IncidentState;
use gateway_api::status::State;
use jiff::Timestamp;
use serde_json::json;

use super::*;
use crate::live::incidents::group;
use crate::sources::alert_logger::page;

fn target(name: &str, state: State, success: f64) -> TargetStatus {
    TargetStatus {
        target: name.into(),
        url: "http://a/".to_owned(),
        kind: "http".to_owned(),
        group: None,
        state,
        was: None,
        since: None,
        reason: None,
        http_status: None,
        maintenance: None,
        figures: Counts {
            success,
            failures: 0.0,
        }
        .into(),
        latency_seconds: Some(success),
        last_probe_at: None,
        interval_seconds: None,
        certificate_not_after: None,
        slo_objective_ratio: None,
        latency_objective_seconds: None,
    }
}

fn board(targets: Vec<TargetStatus>) -> Board {
    Board {
        at: Timestamp::now(),
        newest: Some(Timestamp::now()),
        blind: None,
        sources: Vec::new(),
        targets: targets.into_iter().map(Arc::new).collect(),
    }
}

fn names(events: &[StreamEvent]) -> Vec<&'static str> {
    events.iter().map(StreamEvent::name).collect()
}

fn data(event: &StreamEvent) -> String {
    serde_json::to_string(event).unwrap()
}

#[tokio::test(start_paused = true)]
async fn another_probe_with_the_same_result_is_no_change() {
    let mut changes = Changes::default();
    let mut update = |targets| changes.update(board(targets), None);
    let up = |name, success| target(name, State::Up, success);
    let first = update(vec![up("a", 1.0), up("b", 1.0)]);
    assert_eq!(names(&first), ["reset", "summary"]);
    assert_eq!(update(vec![up("a", 2.0), up("b", 2.0)]), []);
    let down = update(vec![up("a", 3.0), target("b", State::Down, 2.0)]);
    assert_eq!(names(&down), ["target", "summary"]);
    let row = data(&down[0]);
    assert!(row.contains(r#""target":"b""#) && row.contains(r#""state":"down""#));
    let edited = update(vec![up("c", 0.0), up("a", 3.0)]);
    assert_eq!(names(&edited), ["target", "removed", "summary"]);
    assert_eq!(data(&edited[1]), r#"{"target":"b"}"#);
    let reordered = update(vec![up("a", 3.0), up("c", 0.0)]);
    assert_eq!(reordered, []);
}

#[tokio::test(start_paused = true)]
async fn a_summary_is_published_regularly_without_changes() {
    let mut changes = Changes::default();
    let mut summaries = 0;
    for _ in 0..100 {
        let events = changes.update(board(Vec::new()), None);
        summaries += names(&events)
            .iter()
            .filter(|name| **name == "summary")
            .count();
        tokio::time::advance(Duration::from_millis(200)).await;
    }
    // One immediately, and then one every 4 s of 20 s.
    assert_eq!(summaries, 5);
}

/// The newest incidents: alerts about `b` by name, and whether each fires.
fn groups(alerts: &[(&str, bool)]) -> Option<Vec<Group>> {
    let alert = |(name, fires): &(&str, bool)| {
        let ended_at = (!fires).then_some("2026-11-24T00:10:00Z");
        json!({"status": if *fires { "firing" } else { "resolved" }, "fingerprint": name.to_lowercase(),
            "started_at": "2026-11-24T00:00:00Z", "ended_at": ended_at,
            "labels": {"alertname": name, "target": "b"}, "annotations": {},
            "first_received_at": "2026-11-24T00:00:05Z", "resolved_received_at": ended_at})
    };
    let alerts: Vec<_> = alerts.iter().map(alert).collect();
    let body = json!({"alerts": alerts, "next": null, "durable": true,
        "watchdog": {"last_received_at": null}});
    let page = page(body.to_string().as_bytes()).unwrap();
    Some(group(page.alerts))
}

/// The incidents among events: title, state and number of alerts.
fn incidents(events: &[StreamEvent]) -> Vec<(String, IncidentState, usize)> {
    let incidents = events.iter().filter_map(|event| match event {
        StreamEvent::Incident(it) => Some((it.title.clone(), it.state, it.alerts.len())),
        _ => None,
    });
    incidents.collect()
}

#[tokio::test(start_paused = true)]
async fn each_change_of_an_incident_is_one_event() {
    use IncidentState::{Ongoing, Over, Recovered};
    let mut changes = Changes::default();
    let mut update = |state, groups| {
        let board = board(vec![target("b", state, 1.0)]);
        incidents(&changes.update(board, groups))
    };
    let event = |title: &str, state, alerts| vec![(title.to_owned(), state, alerts)];
    let (down, budget) = ("TargetDown", "ErrorBudgetBurnFast");
    assert_eq!(update(State::Up, None), []);
    assert_eq!(update(State::Up, groups(&[])), []);
    let begun = update(State::Down, groups(&[(down, true), (budget, true)]));
    assert_eq!(begun, event("b is down", Ongoing, 2));
    // alert-logger is unavailable for a while.
    assert_eq!(update(State::Down, None), []);
    let up = update(State::Up, None);
    assert_eq!(up, event("b was down", Recovered, 2), "its target is up");
    let same = groups(&[(down, true), (budget, true)]);
    assert_eq!(update(State::Up, same), []);
    let ended = update(State::Up, groups(&[(down, false), (budget, false)]));
    assert_eq!(ended, event("b was down", Over, 2));
    assert_eq!(update(State::Up, groups(&[])), [], "older than the newest");
}

#[tokio::test(start_paused = true)]
async fn the_first_incidents_are_no_change() {
    let mut changes = Changes::default();
    let events = changes.update(board(Vec::new()), groups(&[("TargetDown", true)]));
    assert_eq!(names(&events), ["reset", "summary"]);
}
