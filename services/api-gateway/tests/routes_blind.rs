//! `blind` in `GET /api/v1/status`: the proof that each part works, without which no target is *up*.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

mod support;

use jiff::Timestamp;
use serde_json::json;
use support::{
    TARGETS, agent, alert_logger, answers, exposition, gateway, get, history, metrics_of, proof,
    source, states, vector,
};
use wiremock::{MockServer, ResponseTemplate};

/// Prometheus answers, is ready and evaluates rules, but can't write.
#[tokio::test]
async fn while_prometheus_disk_is_full_no_target_is_up() {
    let targets = [("http://up/", 1, 2.0), ("http://down/", 0, 2.0)];
    let agent = agent(&exposition(&targets)).await;
    let prometheus = MockServer::start().await;
    answers(&prometheus, "timestamp(up)", proof(90, 95, 2)).await;
    answers(&prometheus, "", vector(&[])).await;
    let status = |urls: &'static str| {
        let gateway = gateway(&[
            ("PING_TARGET_URLS", urls),
            ("PING_AGENT_METRICS_URL", &metrics_of(&agent)),
            ("PROMETHEUS_URL", &prometheus.uri()),
        ]);
        async move { get(&gateway, "/api/v1/status").await.json() }
    };
    let up = status("http://up/").await;
    assert_eq!(up["blind"]["reasons"][0]["part"], "prometheus");
    assert_eq!(up["state"], "unknown");
    assert_eq!(
        up["counts"],
        json!({"up": 0, "down": 0, "maintenance": 0, "unknown": 1})
    );
    let target = &up["targets"][0];
    assert_eq!(
        (&target["state"], &target["was"], &target["since"]),
        (&json!("unknown"), &json!("up"), &up["blind"]["since"])
    );
    // A target that an agent sees down is down also while the lab is blind.
    let down = status("http://up/,http://down/").await;
    assert_eq!(down["state"], "down");
    assert_eq!(states(&down), ["unknown", "down"]);
}

/// Without blindness, the target with the long interval would stay up.
#[tokio::test]
async fn an_agent_that_stopped_probing_blinds_before_its_slowest_target_is_unknown() {
    let text = exposition(&[("slow", 1, 70.0), ("quick", 1, 70.0)]).replace(
        "ping_interval_seconds{target=\"slow\"} 15",
        "ping_interval_seconds{target=\"slow\"} 300",
    );
    let agent = agent(&text).await;
    let gateway = gateway(&[("PING_AGENT_METRICS_URL", &metrics_of(&agent))]);
    let status = get(&gateway, "/api/v1/status").await.json();
    assert_eq!(states(&status), ["unknown", "unknown"]);
    assert_eq!(status["targets"][0]["was"], "up");
    assert_eq!(status["blind"]["reasons"][0]["part"], "ping-agent");
    assert_eq!(status["blind"]["since"], status["newest_observation_at"]);
}

#[tokio::test]
async fn an_agent_without_series_leaves_every_target_unknown() {
    let agent = agent("# HELP ping_up Whether the last probe succeeded.\n").await;
    let gateway = gateway(&[TARGETS, ("PING_AGENT_METRICS_URL", &metrics_of(&agent))]);
    let status = get(&gateway, "/api/v1/status").await.json();
    assert_eq!(source(&status, "ping-agent")["ok"], true);
    assert_eq!(status["state"], "unknown");
    assert_eq!(states(&status), ["unknown"; 4]);
}

#[tokio::test]
async fn an_answer_that_is_not_alert_loggers_blinds() {
    let agent = agent(&exposition(&[("http://up/", 1, 2.0)])).await;
    let other = alert_logger(ResponseTemplate::new(200).set_body_string("ok")).await;
    let gateway = gateway(&[
        ("PING_AGENT_METRICS_URL", &metrics_of(&agent)),
        ("ALERT_LOGGER_URL", &other.uri()),
    ]);
    let status = get(&gateway, "/api/v1/status").await.json();
    assert_eq!(status["state"], "unknown");
    assert_eq!(status["blind"]["reasons"][0]["part"], "alert-logger");
}

/// By its own clock, Prometheus would always find fresh samples. At the gateway's time, a different clock shows.
#[tokio::test]
async fn prometheus_is_asked_by_the_gateways_clock() {
    let agent = agent(&exposition(&[("http://up/", 1, 2.0)])).await;
    let prometheus = MockServer::start().await;
    answers(&prometheus, "", vector(&[])).await;
    let gateway = gateway(&[
        ("PING_AGENT_METRICS_URL", &metrics_of(&agent)),
        ("PROMETHEUS_URL", &prometheus.uri()),
    ]);
    let before = Timestamp::now();
    get(&gateway, "/api/v1/status").await;
    for request in prometheus.received_requests().await.unwrap() {
        let mut pairs = request.url.query_pairs();
        let (_, time) = pairs.find(|(name, _)| name == "time").unwrap();
        let time: Timestamp = time.parse().unwrap();
        assert!((before..=Timestamp::now()).contains(&time), "{time}");
    }
}

#[tokio::test]
async fn a_watchdog_that_is_overdue_blinds_since_its_last_arrival() {
    let agent = agent(&exposition(&[("http://up/", 1, 2.0)])).await;
    let alert_logger = alert_logger(history(&json!([]), Some(200))).await;
    let gateway = gateway(&[
        ("PING_TARGET_URLS", "http://up/"),
        ("PING_AGENT_METRICS_URL", &metrics_of(&agent)),
        ("ALERT_LOGGER_URL", &alert_logger.uri()),
    ]);
    let status = get(&gateway, "/api/v1/status").await.json();
    let blind = &status["blind"];
    assert_eq!(blind["reasons"][0]["part"], "watchdog", "{blind}");
    let since: Timestamp = blind["since"].as_str().unwrap().parse().unwrap();
    let age = Timestamp::now().duration_since(since).as_secs();
    assert!((200..260).contains(&age), "{age}");
}
