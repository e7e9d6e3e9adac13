use std::sync::Arc;

use crate::board::{Away, Known};
use crate::fixture;
use crate::gateway::GatewayError;

use super::*;

const NOW: &str = "2026-11-23T02:45:10Z";

fn now() -> Timestamp {
    NOW.parse().unwrap()
}

/// A status whose newest observation is some seconds old.
fn status(age: i64, state: &str, targets: &[&str], away: &[&str]) -> Status {
    let targets: Vec<_> = targets
        .iter()
        .map(|state| {
            serde_json::json!({"target": "t", "url": "http://t/", "state": state, "interval_seconds": 15.0,
                "success": 1, "failures": 0})
        })
        .collect();
    let sources: Vec<_> = ["ping-agent", "prometheus", "alert-logger"]
        .iter()
        .map(|name| serde_json::json!({"name": name, "ok": !away.contains(name), "detail": null}))
        .collect();
    serde_json::from_value(serde_json::json!({
        "generated_at": NOW,
        "newest_observation_at": Timestamp::from_second(now().as_second() - age).unwrap(),
        "sources": sources,
        "state": state,
        "ranges": ["24h", "7d", "14d"],
        "targets": targets,
    }))
    .unwrap()
}

fn judged(status: Status) -> Verdict {
    let known = Some(Known {
        status: Arc::new(status),
        at: now(),
    });
    judge(&View { known, away: None }, now())
}

#[test]
fn the_headline_counts() {
    for (state, targets, overall, headline) in [
        ("up", vec!["up"], Overall::Up, "The target is up"),
        ("up", vec!["up", "up"], Overall::Up, "All 2 targets are up"),
        (
            "down",
            vec!["up", "down", "unknown"],
            Overall::Down,
            "1 of 3 targets is down",
        ),
        (
            "down",
            vec!["up", "down", "down"],
            Overall::Down,
            "2 of 3 targets are down",
        ),
        (
            "unknown",
            vec!["up", "unknown"],
            Overall::Unknown,
            "1 of 2 targets is unknown",
        ),
        (
            "up",
            vec!["up", "maintenance", "up"],
            Overall::Up,
            "2 of 3 targets are up, 1 in maintenance",
        ),
        (
            "maintenance",
            vec!["maintenance", "maintenance"],
            Overall::Maintenance,
            "All 2 targets are in maintenance",
        ),
        (
            "unknown",
            vec![],
            Overall::Unknown,
            "No target is configured",
        ),
    ] {
        let verdict = judged(status(2, state, &targets, &[]));
        assert_eq!(
            (verdict.overall, verdict.headline.as_str()),
            (overall, headline)
        );
        assert!(verdict.notices.is_empty());
    }
}

#[test]
fn a_state_that_this_page_does_not_know_is_unknown() {
    assert_eq!(
        judged(status(2, "resting", &["up"], &[])).overall,
        Overall::Unknown
    );
    assert_eq!(
        judged(status(2, "up", &["up", "resting"], &[])).overall,
        Overall::Unknown
    );
}

#[test]
fn a_source_that_is_away_is_named_and_takes_the_green() {
    for away in ["ping-agent", "prometheus", "alert-logger"] {
        let verdict = judged(status(2, "up", &["up"], &[away]));
        assert_eq!(verdict.overall, Overall::Impaired, "{away}");
        assert!(verdict.notices[0].starts_with(&format!("{away} is not available")));
    }
}

#[test]
fn a_lab_that_was_never_probed_is_unknown() {
    let mut never = status(2, "up", &["up"], &[]);
    never.summary.newest_observation_at = None;
    assert_eq!(judged(never).overall, Overall::Unknown);
}

#[test]
fn without_the_gateway_the_lab_is_blind_whatever_was_known() {
    let known = Some(Known {
        status: Arc::new(status(2, "up", &["up"], &[])),
        at: now(),
    });
    for known in [None, known] {
        let away = Some(Away {
            since: "2026-11-23T02:42:10Z".parse().unwrap(),
            error: GatewayError::Timeout,
        });
        let verdict = judge(&View { known, away }, now());
        assert_eq!(verdict.overall, Overall::Blind);
        assert_eq!(
            verdict.notices[0],
            "Blind since 2026-11-23 02:42:10 UTC (3 min ago): api-gateway did not answer in time."
        );
    }
}

#[test]
fn a_blind_gateway_takes_the_green_and_keeps_the_red() {
    let up = fixture::target("a", "up");
    let down = fixture::target("b", "down");
    let blind = |targets: &[serde_json::Value]| {
        let mut status = fixture::status(targets);
        status["blind"] = fixture::blind("prometheus");
        judged(serde_json::from_value(status).unwrap())
    };
    let verdict = blind(std::slice::from_ref(&up));
    assert_eq!(
        (verdict.overall, verdict.sight),
        (Overall::Blind, Sight::Doubtful)
    );
    assert_eq!(
        verdict.notices,
        [
            "Blind since 2026-11-23 02:42:10 UTC (3 min ago): prometheus: connection refused. \
          Figures that come from it are missing here or old, and until it is back no alert can be relied on."
        ]
    );
    let verdict = blind(&[up, down]);
    assert_eq!(
        (verdict.overall, verdict.sight),
        (Overall::Down, Sight::Doubtful)
    );
    assert_eq!(
        verdict.headline,
        "1 of 2 targets is down, and the lab is blind"
    );
    let shown = |name, state| {
        let target = serde_json::from_value(fixture::target(name, state)).unwrap();
        verdict.sight.of(&target)
    };
    assert_eq!(shown("a", "up"), (State::Unknown, Some(State::Up)));
    assert_eq!(shown("b", "down"), (State::Down, None));
}

#[test]
fn a_reason_that_is_a_sentence_is_said_once() {
    let mut status = fixture::status(&[fixture::target("a", "up")]);
    let since = "2026-11-23T02:42:10Z";
    status["blind"] = serde_json::json!({"since": since, "reasons": [
        {"part": "alert-logger", "since": since, "detail": "Alert-logger is away: connection refused"},
        {"part": "watchdog", "since": since, "detail": "no word for 3 minutes"},
        {"part": "prometheus", "since": since, "detail": "Prometheus stores nothing"},
    ]});
    let verdict = judged(serde_json::from_value(status).unwrap());
    for (notice, text) in verdict.notices.iter().zip([
        ": Alert-logger is away: connection refused. Alerts may fire without being recorded.",
        ": the way of the alerts: no word for 3 minutes. An alert that fires would not arrive either.",
        "): Prometheus stores nothing. Figures that come from it are missing here or old, and until it is back no alert can be relied on.",
    ]) {
        assert!(notice.ends_with(text), "{notice}");
    }
}
