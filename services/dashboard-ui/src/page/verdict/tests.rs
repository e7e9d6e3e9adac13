use std::sync::Arc;

use gateway_api::status::{Blind, Part, Reason};
use serde_json::json;

use crate::gateway::GatewayError;
use crate::gateway::fixture;
use crate::gateway::view::{Outage, Snapshot};

use super::*;

const NOW: &str = "2026-11-23T02:45:10Z";

fn now() -> Timestamp {
    NOW.parse().unwrap()
}

/// A status in which the sources `unavailable` do not answer.
fn status(state: State, targets: &[State], unavailable: &[&str]) -> Status {
    let targets: Vec<_> = targets
        .iter()
        .map(|state| fixture::target("t", *state))
        .collect();
    let mut status = fixture::status(&targets);
    status.summary.state = state;
    for source in &mut status.summary.sources {
        source.ok = !unavailable.contains(&source.name.as_str());
    }
    status
}

fn judged(status: Status) -> Verdict {
    let snapshot = Some(Snapshot {
        status: Arc::new(status),
        received_at: now(),
    });
    let outage = None;
    judge(&View { snapshot, outage }, now())
}

#[test]
fn the_headline_counts() {
    use State::{Down, Maintenance, Unknown, Up};
    for (state, targets, overall, headline) in [
        (Up, vec![Up], Overall::Up, "The target is up"),
        (Up, vec![Up, Up], Overall::Up, "All 2 targets are up"),
        (
            Down,
            vec![Up, Down, Unknown],
            Overall::Down,
            "1 of 3 targets is down",
        ),
        (
            Down,
            vec![Up, Down, Down],
            Overall::Down,
            "2 of 3 targets are down",
        ),
        (
            Unknown,
            vec![Up, Unknown],
            Overall::Unknown,
            "1 of 2 targets is unknown",
        ),
        (
            Up,
            vec![Up, Maintenance, Up],
            Overall::Up,
            "2 of 3 targets are up, 1 in maintenance",
        ),
        (
            Maintenance,
            vec![Maintenance, Maintenance],
            Overall::Maintenance,
            "All 2 targets are in maintenance",
        ),
        (Unknown, vec![], Overall::Unknown, "No target is configured"),
    ] {
        let verdict = judged(status(state, &targets, &[]));
        assert_eq!(
            (verdict.overall, verdict.headline.as_str()),
            (overall, headline)
        );
        assert!(verdict.notices.is_empty());
    }
}

#[test]
fn a_state_of_a_newer_gateway_is_unknown() {
    let status = status(State::Up, &[State::Up, State::Up], &[]);
    for path in ["/state", "/targets/1/state"] {
        let mut json = serde_json::to_value(&status).unwrap();
        *json.pointer_mut(path).unwrap() = json!("resting");
        let verdict = judged(serde_json::from_value(json).unwrap());
        assert_eq!(verdict.overall, Overall::Unknown, "{path}");
    }
}

#[test]
fn an_unavailable_source_is_named_and_the_page_is_not_green() {
    for away in ["ping-agent", "prometheus", "alert-logger"] {
        let verdict = judged(status(State::Up, &[State::Up], &[away]));
        assert_eq!(verdict.overall, Overall::Impaired, "{away}");
        assert!(verdict.notices[0].starts_with(&format!("{away} is unavailable")));
    }
}

#[test]
fn a_lab_that_was_never_probed_is_unknown() {
    let mut never = status(State::Up, &[State::Up], &[]);
    never.summary.newest_observation_at = None;
    assert_eq!(judged(never).overall, Overall::Unknown);
}

#[test]
fn without_the_gateway_the_lab_is_blind_despite_a_snapshot() {
    let last = Some(Snapshot {
        status: Arc::new(status(State::Up, &[State::Up], &[])),
        received_at: now(),
    });
    for snapshot in [None, last] {
        let outage = Some(Outage {
            since: "2026-11-23T02:42:10Z".parse().unwrap(),
            error: GatewayError::Timeout,
        });
        let verdict = judge(&View { snapshot, outage }, now());
        assert_eq!(verdict.overall, Overall::Blind);
        assert_eq!(
            verdict.notices[0],
            "Blind since 2026-11-23 02:42:10 UTC (3 min ago): api-gateway did not answer in time."
        );
    }
}

#[test]
fn a_blind_gateway_hides_up_and_keeps_down() {
    let up = fixture::target("a", State::Up);
    let down = fixture::target("b", State::Down);
    let blind = |targets: &[TargetStatus]| {
        let mut status = fixture::status(targets);
        status.summary.blind = Some(fixture::blind(Part::Prometheus));
        judged(status)
    };
    let verdict = blind(std::slice::from_ref(&up));
    assert_eq!(
        (verdict.overall, verdict.visibility),
        (Overall::Blind, Visibility::Doubtful)
    );
    assert_eq!(
        verdict.notices,
        [
            "Blind since 2026-11-23 02:42:10 UTC (3 min ago): prometheus: connection refused. \
          Its figures are missing or stale, and alerts are unreliable until it is back."
        ]
    );
    let verdict = blind(&[up.clone(), down.clone()]);
    assert_eq!(
        (verdict.overall, verdict.visibility),
        (Overall::Down, Visibility::Doubtful)
    );
    assert_eq!(
        verdict.headline,
        "1 of 2 targets is down, and the lab is blind"
    );
    let shown = |target| verdict.visibility.shown_state(target);
    assert_eq!(shown(&up), (State::Unknown, Some(State::Up)));
    assert_eq!(shown(&down), (State::Down, None));
}

#[test]
fn a_detail_that_names_its_part_is_not_prefixed() {
    let mut status = fixture::status(&[fixture::target("a", State::Up)]);
    let reasons = [
        (
            Part::AlertLogger,
            "Alert-logger is away: connection refused",
        ),
        (Part::Watchdog, "no word for 3 minutes"),
        (Part::Prometheus, "Prometheus stores nothing"),
    ];
    let reasons = reasons.map(|(part, detail)| Reason {
        part,
        since: fixture::time("2026-11-23T02:42:10Z"),
        detail: detail.to_owned(),
    });
    status.summary.blind = Blind::because(reasons.into());
    let verdict = judged(status);
    for (notice, text) in verdict.notices.iter().zip([
        ": Alert-logger is away: connection refused. Alerts may fire without being recorded.",
        ": the delivery of alerts: no word for 3 minutes. Other alerts would not be delivered either.",
        "): Prometheus stores nothing. Its figures are missing or stale, and alerts are unreliable until it is back.",
    ]) {
        assert!(notice.ends_with(text), "{notice}");
    }
}
