//! Incidents end correctly even if the notification of their end is lost or wrong. Alertmanager keeps alerts in memory only,
//! and Prometheus restarts `for` after its own restart.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests: a panic is the message"
)]

use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;
use stack_tests::Server::{AlertLogger, Alertmanager, Prometheus};
use stack_tests::{AlertPath, Server};
use test_support::within;

/// The time from a fault to the incident, including a start of the servers.
const FIRING_WITHIN: Duration = Duration::from_secs(60);

/// The time from the recovery to a delivered end.
const RESOLVED_WITHIN: Duration = Duration::from_secs(40);

/// The time from the restart of both servers until an incident is closed: 16 evaluations of 2 s, and the starts. In the lab,
/// which evaluates every 15 s, it takes 5 minutes.
const CLOSED_WITHIN: Duration = Duration::from_secs(75);

/// Longer than alert-logger needs to close an incident that it takes for ended.
const STABLE_FOR: Duration = Duration::from_secs(50);

fn is_firing(incident: &Value) -> bool {
    incident["status"] == "firing"
}

fn ended(end: &str) -> impl Fn(&Value) -> bool {
    move |incident| incident["status"] == "resolved" && incident["end"] == end
}

fn time(incident: &Value, field: &str) -> Timestamp {
    let text = incident[field].as_str();
    let text = text.unwrap_or_else(|| panic!("{field}: {incident:#}"));
    text.parse().unwrap()
}

/// Starts a path whose one target is down and has an incident.
async fn with_an_incident() -> AlertPath {
    let path = AlertPath::start("1s").await;
    path.set_target("shop", Some(false));
    let incident = path
        .incident("the incident", FIRING_WITHIN, is_firing)
        .await;
    assert_eq!(incident["end"], Value::Null);
    // alert-logger polls at least once and records that the incident is active.
    tokio::time::sleep(Duration::from_secs(12)).await;
    path
}

async fn wait_for_state(path: &AlertPath, state: Option<&str>) {
    let what = format!("the alert's state in Prometheus is {state:?}");
    let is = |states: &Vec<String>| match state {
        Some(state) => states.iter().any(|it| it == state),
        None => states.is_empty(),
    };
    let poll = || async { path.states().await.filter(is) };
    within(FIRING_WITHIN, &what, poll).await;
}

/// Waits until the incident is closed. Its end must be at `active_until`, or at most two polls and an evaluation earlier.
async fn closed(path: &AlertPath, active_until: Timestamp) -> Value {
    let incident = path
        .incident("closed", CLOSED_WITHIN, ended("not_delivered"))
        .await;
    let ends_at = time(&incident, "ends_at");
    let early = active_until.duration_since(ends_at).as_secs_f64();
    assert!((-4.0..20.0).contains(&early), "{early} s: {incident:#}");
    assert!(time(&incident, "reconciled_at") > ends_at);
    incident
}

async fn resolved_as_usual(path: &AlertPath) -> Value {
    path.set_target("shop", Some(true));
    let recovery = Timestamp::now();
    let what = "end delivered";
    let incident = path
        .incident(what, RESOLVED_WITHIN, ended("delivered"))
        .await;
    let late = time(&incident, "ends_at").duration_since(recovery);
    assert!((0.0..10.0).contains(&late.as_secs_f64()), "{incident:#}");
    incident
}

#[tokio::test]
async fn one_outage_across_down_and_up_is_one_incident_that_ends() {
    let mut path = with_an_incident().await;
    path.stop(&Server::ALL).await;
    path.start_again(&Server::ALL).await;
    wait_for_state(&path, Some("pending")).await;
    wait_for_state(&path, Some("firing")).await;
    path.incident("still firing", FIRING_WITHIN, is_firing)
        .await;
    let incident = resolved_as_usual(&path).await;
    let restarts = incident["restarted_at"].as_array().unwrap();
    assert_eq!(restarts.len(), 1, "{incident:#}");
}

#[tokio::test]
async fn an_end_that_alertmanager_lost_when_it_was_killed_closes_the_incident() {
    let mut path = with_an_incident().await;
    path.kill(&[Alertmanager]).await;
    path.set_target("shop", Some(true));
    let recovery = Timestamp::now();
    wait_for_state(&path, None).await;
    path.start_again(&[Alertmanager]).await;
    closed(&path, recovery).await;
}

#[tokio::test]
async fn an_end_while_everything_is_down_closes_the_incident_without_inventing_a_time() {
    let mut path = with_an_incident().await;
    let killed = Timestamp::now();
    path.kill(&Server::ALL).await;
    path.set_target("shop", Some(true));
    tokio::time::sleep(Duration::from_secs(3)).await;
    path.start_again(&Server::ALL).await;
    closed(&path, killed).await;
    // The next outage is another incident.
    path.set_target("shop", Some(false));
    let poll = || async {
        let incidents = path.incidents().await?;
        (incidents.len() == 2).then_some(incidents)
    };
    let (incidents, _) = within(FIRING_WITHIN, "the next incident", poll).await;
    assert!(is_firing(&incidents[0]) && ended("not_delivered")(&incidents[1]));
}

#[tokio::test]
async fn after_a_kill_of_prometheus_the_end_is_not_the_one_that_alertmanager_guessed() {
    let mut path = with_an_incident().await;
    let killed = Timestamp::now();
    path.kill(&[Prometheus]).await;
    path.set_target("shop", Some(true));
    path.start_again(&[Prometheus]).await;
    closed(&path, killed).await;
}

#[tokio::test]
async fn a_resolve_while_prometheus_is_away_is_unconfirmed_and_the_incident_goes_on_when_it_is_back()
 {
    let mut path = with_an_incident().await;
    let stopped = Timestamp::now();
    path.stop(&[Prometheus]).await;
    let unconfirmed = ended("unconfirmed");
    let incident = path
        .incident(
            "Alertmanager resolves it by itself",
            CLOSED_WITHIN,
            unconfirmed,
        )
        .await;
    assert!(time(&incident, "ends_at") <= stopped, "{incident:#}");
    assert_eq!(incident["resolved_received_at"], Value::Null);
    path.start_again(&[Prometheus]).await;
    path.incident("still firing", FIRING_WITHIN, is_firing)
        .await;
    // Prometheus 2.42 discovers Alertmanager 5 s after its start, so the notification is sent after the alert fires.
    let has_fired_again =
        |incident: &Value| is_firing(incident) && incident["restarted_at"][0].is_string();
    path.incident("firing again", FIRING_WITHIN, has_fired_again)
        .await;
    resolved_as_usual(&path).await;
}

#[tokio::test]
async fn a_resolve_while_prometheus_is_away_is_confirmed_when_it_is_back_without_the_alert() {
    let mut path = with_an_incident().await;
    let stopped = Timestamp::now();
    path.stop(&[Prometheus]).await;
    let unconfirmed = ended("unconfirmed");
    path.incident(
        "Alertmanager resolves it by itself",
        CLOSED_WITHIN,
        unconfirmed,
    )
    .await;
    path.set_target("shop", Some(true));
    path.start_again(&[Prometheus]).await;
    closed(&path, stopped).await;
}

#[tokio::test]
async fn an_incident_outlives_the_loss_of_alertmanagers_volume() {
    let mut path = with_an_incident().await;
    path.kill(&[Alertmanager]).await;
    path.delete_data(Alertmanager);
    path.start_again(&[Alertmanager]).await;
    tokio::time::sleep(STABLE_FOR).await;
    path.incident("still firing", Duration::from_secs(5), is_firing)
        .await;
    resolved_as_usual(&path).await;
}

#[tokio::test]
async fn a_rule_that_is_renamed_or_removed_while_it_fires_leaves_no_incident_open() {
    let path = with_an_incident().await;
    let renamed = Timestamp::now();
    path.reload_rules(Some("TargetDead"));
    let of = |incidents: Vec<Value>, alert: &str| {
        let is = |incident: &Value| incident["labels"]["alertname"] == alert;
        incidents.into_iter().find(is)
    };
    let poll = || async { of(path.incidents().await?, "TargetDead").filter(is_firing) };
    within(FIRING_WITHIN, "the new rule's incident", poll).await;
    let not_delivered = ended("not_delivered");
    let poll = || async { of(path.incidents().await?, "TargetDown").filter(&not_delivered) };
    let (incident, _) = within(CLOSED_WITHIN, "the old rule's incident is closed", poll).await;
    let late = time(&incident, "ends_at").duration_since(renamed);
    assert!(late.as_secs_f64() < 4.0, "{incident:#}");

    let removed = Timestamp::now();
    path.reload_rules(None);
    let poll = || async { of(path.incidents().await?, "TargetDead").filter(&not_delivered) };
    let (incident, _) = within(CLOSED_WITHIN, "the removed rule's incident is closed", poll).await;
    let late = time(&incident, "ends_at").duration_since(removed);
    assert!(late.as_secs_f64() < 4.0, "{incident:#}");
}

#[tokio::test]
async fn a_target_that_is_removed_while_it_is_down_ends_its_incident() {
    let path = with_an_incident().await;
    path.set_target("shop", None);
    path.incident("end delivered", RESOLVED_WITHIN, ended("delivered"))
        .await;
}

#[tokio::test]
async fn a_silence_ends_no_incident_and_an_end_during_it_closes_the_incident() {
    let path = with_an_incident().await;
    path.silence().await;
    tokio::time::sleep(STABLE_FOR).await;
    path.incident("still firing", Duration::from_secs(5), is_firing)
        .await;
    path.set_target("shop", Some(true));
    closed(&path, Timestamp::now()).await;
}

#[tokio::test]
async fn an_incident_and_its_last_active_time_survive_a_kill_of_alert_logger() {
    let mut path = with_an_incident().await;
    path.kill(&[AlertLogger]).await;
    path.start_again(&[AlertLogger]).await;
    tokio::time::sleep(STABLE_FOR).await;
    path.incident("still firing", Duration::from_secs(5), is_firing)
        .await;
    resolved_as_usual(&path).await;
}

#[tokio::test]
async fn an_alert_that_ends_before_its_first_notification_is_no_incident() {
    let path = AlertPath::start("30s").await;
    path.set_target("shop", Some(false));
    wait_for_state(&path, Some("firing")).await;
    path.set_target("shop", Some(true));
    wait_for_state(&path, None).await;
    tokio::time::sleep(Duration::from_secs(40)).await;
    assert_eq!(path.incidents().await, Some(Vec::new()));
}
