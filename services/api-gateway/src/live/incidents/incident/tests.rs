use gateway_api::availability::Counts;
use gateway_api::incidents::Event;

use super::super::group::group;
use super::super::testing::{alert, minute, shared};
use super::*;

fn target(state: State, since: Option<i64>) -> TargetStatus {
    TargetStatus {
        target: "a".into(),
        url: "http://a/".to_owned(),
        kind: "http".to_owned(),
        group: None,
        state,
        was: None,
        since: since.map(minute),
        reason: (state == State::Down).then(|| "status".into()),
        http_status: Some(if state == State::Down { 503 } else { 200 }),
        maintenance: None,
        figures: Counts::default().into(),
        latency_seconds: None,
        last_probe_at: None,
        interval_seconds: None,
        certificate_not_after: None,
        slo_objective_ratio: None,
        latency_objective_seconds: None,
    }
}

/// The incident of alerts that belong together.
fn incident(
    alerts: impl IntoIterator<Item = LoggedAlert>,
    target: Option<&TargetStatus>,
) -> Incident {
    let groups = group(shared(alerts));
    assert_eq!(groups.len(), 1);
    TargetStates::from_iter(target).incident(&groups[0])
}

fn down(start: i64, end: Option<i64>) -> LoggedAlert {
    alert("TargetDown", "a", start, end)
}

fn budget(start: i64, end: Option<i64>) -> LoggedAlert {
    let mut budget = alert("ErrorBudgetBurnFast", "a", start, end);
    budget
        .labels
        .insert("severity".to_owned(), "ticket".to_owned());
    budget
}

#[test]
fn an_outage_goes_from_ongoing_over_recovered_to_over() {
    let is_down = target(State::Down, Some(0));
    let ongoing = incident([budget(1, None), down(2, None)], Some(&is_down));
    assert_eq!(ongoing.state, IncidentState::Ongoing);
    assert_eq!(ongoing.title, "a is down");
    assert_eq!(ongoing.reason.as_deref(), Some("status"));
    assert_eq!(ongoing.http_status, Some(503));
    assert_eq!(ongoing.severity.as_deref(), Some("page"));
    assert_eq!(ongoing.started_at, minute(1));
    let times = (
        ongoing.recovered_at,
        ongoing.ended_at,
        ongoing.duration_seconds,
    );
    assert_eq!(times, (None, None, None));

    // The alert ends a while after the recovery.
    let is_up = target(State::Up, Some(10));
    for down_until in [None, Some(12)] {
        let recovered = incident([budget(1, None), down(2, down_until)], Some(&is_up));
        assert_eq!(recovered.state, IncidentState::Recovered);
        assert_eq!(recovered.title, "a was down");
        assert_eq!((recovered.reason, recovered.http_status), (None, None));
        assert_eq!(recovered.recovered_at, Some(minute(10)));
        assert_eq!(recovered.ended_at, None);
        assert_eq!(recovered.id, ongoing.id);
    }

    let over = incident([budget(1, Some(70)), down(2, Some(12))], Some(&is_up));
    assert_eq!(over.state, IncidentState::Over);
    assert_eq!(over.title, "a was down");
    assert_eq!(over.recovered_at, Some(minute(10)));
    assert_eq!(over.ended_at, Some(minute(70)));
    assert_eq!(over.duration_seconds, Some(69.0 * 60.0));
}

#[test]
fn without_a_current_result_the_alerts_tell_whether_the_target_is_down() {
    for state in [State::Unknown, State::Maintenance] {
        let status = target(state, None);
        for target in [Some(&status), None] {
            let firing = incident([down(0, None), budget(0, None)], target);
            assert_eq!(firing.state, IncidentState::Ongoing);
            assert_eq!(firing.title, "a is down");
            assert_eq!((firing.reason, firing.http_status), (None, None));
            let resolved = incident([down(0, Some(9)), budget(0, None)], target);
            assert_eq!(resolved.state, IncidentState::Recovered);
            assert_eq!(resolved.recovered_at, Some(minute(9)));
        }
    }
}

#[test]
fn the_recovery_is_that_of_this_outage() {
    let recovered = |alerts: Vec<LoggedAlert>, since| {
        incident(alerts, Some(&target(State::Up, since))).recovered_at
    };
    // The alert looks back, so it may begin after a recovery.
    assert_eq!(recovered(vec![down(5, None)], Some(4)), Some(minute(4)));
    // The target was down once more, without an alert.
    assert_eq!(recovered(vec![down(0, Some(9))], Some(50)), Some(minute(9)));
    assert_eq!(recovered(vec![down(100, None)], Some(1)), None);
    assert_eq!(recovered(vec![down(0, None)], None), None);
    let twice = vec![down(0, Some(9)), alert("TargetDownSlow", "a", 20, Some(29))];
    assert_eq!(recovered(twice.clone(), Some(27)), Some(minute(27)));
    assert_eq!(recovered(twice, None), Some(minute(29)));
    assert_eq!(
        recovered(vec![budget(0, None)], Some(5)),
        None,
        "never down"
    );
}

#[test]
fn an_alert_names_the_cause_after_the_outage() {
    let mut alert = down(0, Some(9));
    for (name, text) in [("reason", "status"), ("http_status", "503")] {
        alert.annotations.insert(name.to_owned(), text.to_owned());
    }
    let cause = |alert: &LoggedAlert, target: Option<&TargetStatus>| {
        let incident = incident([alert.clone(), budget(1, None)], target);
        (incident.reason, incident.http_status)
    };
    let named = (Some("status".to_owned()), Some(503));
    assert_eq!(cause(&alert, Some(&target(State::Up, Some(8)))), named);
    assert_eq!(cause(&alert, None), named);
    let mut is_down = target(State::Down, Some(10));
    is_down.reason = Some("timeout".into());
    is_down.http_status = None;
    let newest = (Some("timeout".to_owned()), None);
    assert_eq!(cause(&alert, Some(&is_down)), newest);
    alert.annotations.insert("reason".to_owned(), String::new());
    alert
        .annotations
        .insert("http_status".to_owned(), "many".to_owned());
    assert_eq!(cause(&alert, None), (None, None));
}

#[test]
fn a_target_that_went_down_again_is_down() {
    let is_down = target(State::Down, Some(30));
    let again = incident([down(0, Some(9)), budget(0, None)], Some(&is_down));
    assert_eq!(again.state, IncidentState::Ongoing);
    assert_eq!(again.recovered_at, None);
    let over = incident([down(0, Some(9))], Some(&is_down));
    assert_eq!((over.state, over.reason), (IncidentState::Over, None));
}

#[test]
fn titles_say_what_happened() {
    let is_up = target(State::Up, None);
    for (name, now, past) in [
        (
            "ErrorBudgetBurnSlow",
            "a burns its error budget",
            "a burned its error budget",
        ),
        ("LatencyObjectiveMissed", "a is too slow", "a was too slow"),
        (
            "TargetCertificateExpiring",
            "The certificate of a expires soon",
            "The certificate of a was about to expire",
        ),
        (
            "TargetCertificateExpired",
            "The certificate of a has expired",
            "The certificate of a had expired",
        ),
        ("Other", "Other fires", "Other fires"),
    ] {
        for (end, title) in [(None, now), (Some(5), past)] {
            let incident = incident([alert(name, "a", 0, end)], Some(&is_up));
            assert_eq!(incident.title, title);
            assert_ne!(incident.state, IncidentState::Recovered);
        }
    }
    let agent = incident([alert("AgentDown", "", 0, None)], None);
    assert_eq!(
        (agent.title.as_str(), agent.target),
        ("AgentDown fires", None)
    );
    let mut unnamed = alert("", "", 0, None);
    unnamed.annotations.clear();
    assert_eq!(incident([unnamed], None).title, "An alert without a name");
}

#[test]
fn a_timeline_names_the_alert_of_each_step() {
    let incident = incident([down(0, Some(9)), budget(1, None)], None);
    let steps = incident.timeline.iter();
    let steps: Vec<_> = steps.map(|it| (it.alert.as_str(), it.event)).collect();
    assert_eq!(
        steps,
        [
            ("TargetDown", Event::Fired),
            ("TargetDown", Event::Notified),
            ("ErrorBudgetBurnFast", Event::Fired),
            ("ErrorBudgetBurnFast", Event::Notified),
            ("TargetDown", Event::Resolved),
            ("TargetDown", Event::ResolutionNotified),
        ]
    );
    let names: Vec<_> = incident.alerts.iter().map(|it| it.alert.as_str()).collect();
    assert_eq!(names, ["TargetDown", "ErrorBudgetBurnFast"]);
}

#[test]
fn a_page_is_more_severe_than_a_ticket() {
    let of = |severities: &[&str]| {
        let alerts = severities.iter().enumerate().map(|(number, severity)| {
            let mut alert = alert(&format!("Alert{number}"), "a", 0, None);
            alert
                .labels
                .insert("severity".to_owned(), (*severity).to_owned());
            alert
        });
        incident(alerts, None).severity
    };
    assert_eq!(of(&["info", "ticket", "page"]).as_deref(), Some("page"));
    assert_eq!(of(&["info", "ticket"]).as_deref(), Some("ticket"));
    assert_eq!(of(&["info"]).as_deref(), Some("info"));
}
