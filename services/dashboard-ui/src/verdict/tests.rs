use std::sync::Arc;

use crate::gateway::GatewayError;
use crate::latest::{Blind, Known};

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
        "targets": targets,
    }))
    .unwrap()
}

fn judged(status: Status) -> Verdict {
    let known = Some(Known {
        status: Arc::new(status),
        at: now(),
    });
    judge(&View { known, blind: None }, now())
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
        judged(status(2, "maintenance", &["up"], &[])).overall,
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
fn old_observations_are_no_state() {
    assert_eq!(judged(status(60, "up", &["up"], &[])).overall, Overall::Up);
    let verdict = judged(status(61, "up", &["up"], &[]));
    assert_eq!(verdict.overall, Overall::Blind);
    assert!(
        verdict.notices[0].contains("61 s old"),
        "{:?}",
        verdict.notices
    );
    let mut never = status(2, "up", &["up"], &[]);
    never.newest_observation_at = None;
    assert_eq!(judged(never).overall, Overall::Unknown);
}

#[test]
fn without_the_gateway_the_lab_is_blind_whatever_was_known() {
    let known = Some(Known {
        status: Arc::new(status(2, "up", &["up"], &[])),
        at: now(),
    });
    for known in [None, known] {
        let blind = Some(Blind {
            since: "2026-11-23T02:42:10Z".parse().unwrap(),
            error: GatewayError::Timeout,
        });
        let verdict = judge(&View { known, blind }, now());
        assert_eq!(verdict.overall, Overall::Blind);
        assert_eq!(
            verdict.notices[0],
            "Blind since 2026-11-23 02:42:10 UTC (3 min ago): api-gateway did not answer within 3 s."
        );
    }
}
