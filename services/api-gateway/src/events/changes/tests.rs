use jiff::Timestamp;

use super::*;
use crate::alert_logger::page;
use crate::availability::Counts;
use crate::status::State;

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
        slo_objective: None,
        latency_objective_seconds: None,
    }
}

fn board(targets: Vec<TargetStatus>) -> Board {
    Board {
        at: Timestamp::now(),
        newest: Some(Timestamp::now()),
        blind: None,
        sources: Vec::new(),
        targets,
    }
}

fn kinds(events: &[(Kind, String)]) -> Vec<Kind> {
    events.iter().map(|(kind, _)| *kind).collect()
}

#[tokio::test(start_paused = true)]
async fn only_what_is_more_than_another_probe_is_a_change() {
    let mut changes = Changes::default();
    let mut take = |targets| changes.take(board(targets), None).unwrap();
    let up = |name, success| target(name, State::Up, success);
    let first = take(vec![up("a", 1.0), up("b", 1.0)]);
    assert_eq!(kinds(&first), [Kind::Reset, Kind::Summary]);
    assert_eq!(take(vec![up("a", 2.0), up("b", 2.0)]), []);
    let down = take(vec![up("a", 3.0), target("b", State::Down, 2.0)]);
    assert_eq!(kinds(&down), [Kind::Target, Kind::Summary]);
    assert!(down[0].1.contains(r#""target":"b""#) && down[0].1.contains(r#""state":"down""#));
    let edited = take(vec![up("c", 0.0), up("a", 3.0)]);
    assert_eq!(kinds(&edited), [Kind::Target, Kind::Removed, Kind::Summary]);
    assert_eq!(edited[1].1, r#"{"target":"b"}"#);
    let reordered = take(vec![up("a", 3.0), up("c", 0.0)]);
    assert_eq!(reordered, []);
}

#[tokio::test(start_paused = true)]
async fn a_summary_comes_now_and_then_though_nothing_changes() {
    let mut changes = Changes::default();
    let mut summaries = 0;
    for _ in 0..100 {
        let events = changes.take(board(Vec::new()), None).unwrap();
        summaries += kinds(&events)
            .iter()
            .filter(|kind| **kind == Kind::Summary)
            .count();
        tokio::time::advance(Duration::from_millis(200)).await;
    }
    // One at once, and then one every 4 of 20 seconds.
    assert_eq!(summaries, 5);
}

#[tokio::test(start_paused = true)]
async fn an_incident_that_begins_or_ends_is_a_change() {
    let alert = |fingerprint: &str, status: &str| {
        let ends_at = (status == "resolved").then_some("2026-11-24T00:10:00Z");
        json!({"status": status, "fingerprint": fingerprint, "starts_at": "2026-11-24T00:00:00Z",
            "ends_at": ends_at, "labels": {}, "annotations": {},
            "first_received_at": "2026-11-24T00:00:05Z", "resolved_received_at": ends_at})
    };
    let said = |alerts: Vec<serde_json::Value>| {
        let body = json!({"alerts": alerts, "next": null, "durable": true,
            "watchdog": {"last_received_at": null}});
        Some(Arc::new(page(body.to_string().as_bytes()).unwrap()))
    };
    let mut changes = Changes::default();
    let mut take = |page| {
        let events = changes.take(board(Vec::new()), page).unwrap();
        let incidents = events
            .into_iter()
            .filter(|(kind, _)| *kind == Kind::Incident);
        incidents.map(|(_, json)| json).collect::<Vec<_>>()
    };
    assert_eq!(take(None), [""; 0]);
    assert_eq!(take(said(vec![alert("a", "firing")])), [""; 0]);
    let begun = take(said(vec![alert("b", "firing"), alert("a", "firing")]));
    assert!(begun.len() == 1 && begun[0].contains("Z,b"), "{begun:?}");
    // alert-logger is away for a while.
    assert_eq!(take(None), [""; 0]);
    let ended = take(said(vec![alert("b", "firing"), alert("a", "resolved")]));
    assert!(
        ended.len() == 1 && ended[0].contains("resolution_notified"),
        "{ended:?}"
    );
    assert_eq!(
        take(said(vec![alert("b", "firing")])),
        [""; 0],
        "older ones are forgotten"
    );
}
