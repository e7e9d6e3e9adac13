use gateway_api::availability::Counts;
use gateway_api::status::State;
use jiff::Timestamp;
use serde_json::json;

use super::*;
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

#[tokio::test(start_paused = true)]
async fn the_start_and_the_end_of_an_incident_are_changes() {
    let alert = |fingerprint: &str, status: &str| {
        let ends_at = (status == "resolved").then_some("2026-11-24T00:10:00Z");
        json!({"status": status, "fingerprint": fingerprint, "starts_at": "2026-11-24T00:00:00Z",
            "ends_at": ends_at, "labels": {}, "annotations": {},
            "first_received_at": "2026-11-24T00:00:05Z", "resolved_received_at": ends_at})
    };
    let answer = |alerts: Vec<serde_json::Value>| {
        let body = json!({"alerts": alerts, "next": null, "durable": true,
            "watchdog": {"last_received_at": null}});
        Some(Arc::new(page(body.to_string().as_bytes()).unwrap()))
    };
    let mut changes = Changes::default();
    let mut update = |page| {
        let events = changes.update(board(Vec::new()), page);
        let incidents = events.iter().filter(|it| it.name() == "incident");
        incidents.map(data).collect::<Vec<_>>()
    };
    assert_eq!(update(None), [""; 0]);
    assert_eq!(update(answer(vec![alert("a", "firing")])), [""; 0]);
    let begun = update(answer(vec![alert("b", "firing"), alert("a", "firing")]));
    assert!(begun.len() == 1 && begun[0].contains("Z,b"), "{begun:?}");
    // alert-logger is unavailable for a while.
    assert_eq!(update(None), [""; 0]);
    let ended = update(answer(vec![alert("b", "firing"), alert("a", "resolved")]));
    assert!(
        ended.len() == 1 && ended[0].contains("resolution_notified"),
        "{ended:?}"
    );
    assert_eq!(
        update(answer(vec![alert("b", "firing")])),
        [""; 0],
        "alerts that left the page are not compared"
    );
}
