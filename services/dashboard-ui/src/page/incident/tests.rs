use crate::gateway::fixture::{incident, target, time};

use super::*;

const NOW: &str = "2026-11-23T02:49:00Z";

/// An incident with these firing alerts.
fn with_alerts(names: &[&str]) -> Incident {
    let mut incident = incident("i", "video-service-17", AlertStatus::Firing);
    let alert = incident.alerts[0].clone();
    let named = |name: &&str| Alert {
        alert: (*name).to_owned(),
        ..alert.clone()
    };
    incident.alerts = names.iter().map(named).collect();
    incident
}

#[test]
fn a_row_says_what_is_down_how_long_and_why() {
    let mut incident = with_alerts(&["TargetDown", "ErrorBudgetBurnFast", "ErrorBudgetBurnSlow"]);
    incident.reason = Some("status".to_owned());
    incident.http_status = Some(503);
    let down = target("video-service-17", State::Down);
    let entry = Entry::new(&incident, Some(&down), time(NOW));
    assert_eq!(entry.title(), "video-service-17 is down");
    assert_eq!(entry.facts, ["HTTP 503", "error budget burning"]);
    assert_eq!(entry.since(), Some(("2026-11-23T02:40:00Z", "9 min")));
    assert_eq!(entry.tone, Tone::Down);
    let (name, link) = entry.target.unwrap();
    assert_eq!(
        (&*name, &*link),
        ("video-service-17", "/targets/video-service-17")
    );
}

#[test]
fn a_target_that_is_up_is_never_red() {
    let mut incident = with_alerts(&["ErrorBudgetBurnSlow"]);
    incident.title = "video-service-17 burns its error budget".to_owned();
    let up = target("video-service-17", State::Up);
    let entry = Entry::new(&incident, Some(&up), time(NOW));
    assert_eq!(entry.tone, Tone::Caution);
    assert!(entry.facts.is_empty() && entry.recovery.is_none());

    let mut recovered = with_alerts(&["TargetDown", "ErrorBudgetBurnSlow"]);
    recovered.state = IncidentState::Recovered;
    recovered.recovered_at = Some(time("2026-11-23T02:44:00Z"));
    recovered.alerts[0].status = AlertStatus::Resolved;
    let entry = Entry::new(&recovered, Some(&up), time(NOW));
    assert_eq!(entry.tone, Tone::Caution);
    assert_eq!(entry.took(), Some("4 min"));
    let recovery = entry.recovery.unwrap();
    assert_eq!(
        recovery.words(),
        "up again since 23 Nov 02:44 UTC; budget alerts remain"
    );
}

#[test]
fn an_alert_that_does_not_come_is_not_expected() {
    let mut down = target("demo", State::Down);
    for (since, words) in [
        ("2026-11-23T02:48:40Z", Some("no alert yet")),
        ("2026-11-23T02:40:00Z", Some("no alert")),
    ] {
        down.since = Some(time(since));
        let entry = Entry::without_alert(&down, true, time(NOW));
        assert_eq!(entry.facts.last().map(String::as_str), words);
    }
    let unknown = Entry::without_alert(&down, false, time(NOW));
    assert_eq!(unknown.facts, ["timed out"]);
}
