//! `GET /api/v1/targets/{target}`
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

mod support;

use serde_json::{Value, json};
use support::{
    NO_AGENT, agent, alert_logger, answers, answers_range, ask_with, dead_url, gateway, get,
    history, metrics_of, samples, vector,
};
use wiremock::MockServer;

const TARGETS: (&str, &str) = ("PING_TARGET_URLS", "http://a/x?y=1,http://b/");
const A: &str = "/api/v1/targets/http:%2F%2Fa%2Fx%3Fy=1";

#[tokio::test]
async fn an_answer_has_all_data_of_a_target() {
    let prometheus = MockServer::start().await;
    answers(
        &prometheus,
        "remaining_ratio",
        vector(&[("http://a/x?y=1", "0.75")]),
    )
    .await;
    let dns = (
        json!({"target": "http://a/x?y=1", "reason": "dns"}),
        "2".to_owned(),
    );
    answers(&prometheus, "ping_failures_by_reason_total", samples([dns])).await;
    let success = json!({"target": "http://a/x?y=1", "outcome": "success"});
    answers_range(
        &prometheus,
        "target:probes:increase",
        vec![(success, |_| Some(64.0))],
    )
    .await;
    answers_range(&prometheus, "target:", vec![]).await;
    answers(&prometheus, "", vector(&[])).await;
    let alert_logger = alert_logger(history(&json!([]), Some(3))).await;
    let agent = agent("ping_up{target=\"http://a/x?y=1\"} 1\n").await;
    let gateway = gateway(&[
        TARGETS,
        ("PING_AGENT_METRICS_URL", &metrics_of(&agent)),
        ("PROMETHEUS_URL", &prometheus.uri()),
        ("ALERT_LOGGER_URL", &alert_logger.uri()),
    ]);
    let answer = get(&gateway, A).await;
    let all = answer.json();
    assert_eq!(all["target"]["target"], "http://a/x?y=1");
    assert_eq!(all["blind"], Value::Null);
    assert!(
        all["sources"]
            .as_array()
            .unwrap()
            .iter()
            .all(|source| source["ok"] == true),
        "{all}"
    );
    assert_eq!(all["slo"]["error_budget_remaining_ratio"], 0.75);
    assert_eq!(
        (&all["history"]["range"], &all["history"]["success"][0]),
        (&json!("24h"), &json!(64))
    );
    assert_eq!(all["latency"]["p50"].as_array().unwrap().len(), 90);
    assert_eq!(all["phases"]["dns"], Value::Null);
    assert_eq!(all["reasons"], json!({"dns": 2}));
    assert_eq!(all["incidents"], json!([]));
    assert_eq!(
        all["maintenance"],
        json!({"past": [], "active": [], "planned": []})
    );
    let tag = answer.headers["etag"].to_str().unwrap();
    assert_eq!(
        ask_with(&gateway, A, &[("if-none-match", tag)])
            .await
            .status,
        304
    );
    let week = get(&gateway, &format!("{A}?range=7d")).await.json();
    assert_eq!(week["history"]["slot_seconds"], 112 * 60);
    let requests = alert_logger.received_requests().await.unwrap();
    let incidents = "limit=50&target=http%3A%2F%2Fa%2Fx%3Fy%3D1";
    assert!(
        requests
            .iter()
            .any(|request| request.url.query() == Some(incidents))
    );
}

#[tokio::test]
async fn fields_of_an_unavailable_source_are_null_and_it_is_named() {
    let dead_url = dead_url();
    let gateway = gateway(&[
        TARGETS,
        NO_AGENT,
        ("PROMETHEUS_URL", &dead_url),
        ("ALERT_LOGGER_URL", &dead_url),
    ]);
    let all = get(&gateway, A).await.json();
    assert_eq!(all["target"]["state"], "unknown");
    for part in [
        "slo",
        "history",
        "latency",
        "phases",
        "reasons",
        "incidents",
    ] {
        assert_eq!(all[part], Value::Null, "{part}");
    }
    assert!(
        all["sources"]
            .as_array()
            .unwrap()
            .iter()
            .all(|source| source["ok"] == false),
        "{all}"
    );
    assert_eq!(all["blind"]["reasons"].as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn a_source_that_fails_for_one_query_is_named_too() {
    let prometheus = MockServer::start().await;
    answers(&prometheus, "", vector(&[])).await;
    let agent = agent("").await;
    let gateway = gateway(&[
        TARGETS,
        ("PING_AGENT_METRICS_URL", &metrics_of(&agent)),
        ("PROMETHEUS_URL", &prometheus.uri()),
    ]);
    let all = get(&gateway, A).await.json();
    assert_eq!(
        (&all["history"], &all["slo"]["target"]),
        (&Value::Null, &json!("http://a/x?y=1"))
    );
    assert_eq!(all["sources"][1]["name"], "prometheus");
    assert_eq!(all["sources"][1]["ok"], false);
    assert_eq!(all["blind"], Value::Null, "Prometheus works");
}

#[tokio::test]
async fn an_unknown_target_is_not_found() {
    let gateway = gateway(&[TARGETS, NO_AGENT]);
    for name in ["c", "http:%2F%2Fa%2F", "%00", "%F0%9F%92%A9", "..%2F.."] {
        get(&gateway, &format!("/api/v1/targets/{name}"))
            .await
            .problem(404);
    }
    get(&gateway, "/api/v1/targets/%FF").await.problem(400);
    get(&gateway, &format!("{A}?range=1h")).await.problem(400);
}
