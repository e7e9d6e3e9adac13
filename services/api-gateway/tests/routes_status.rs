//! `GET /api/v1/status`
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

mod support;

use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde_json::{Value, json};
use support::{agent, answers, gateway, get, metrics_of, nobody, vector};
use wiremock::matchers::path;
use wiremock::{Mock, MockServer, ResponseTemplate};

const TARGETS: (&str, &str) = (
    "PING_TARGET_URLS",
    "http://up/,http://down/,http://stale/,http://new/",
);

/// An exposition whose targets were probed so many seconds ago.
fn exposition(targets: &[(&str, u8, f64)]) -> String {
    let now = Timestamp::now().as_duration().as_secs_f64();
    let mut text = String::new();
    for (target, up, ago) in targets {
        let probed = now - ago;
        text.push_str(&format!(
            "ping_up{{target=\"{target}\"}} {up}\n\
             ping_last_probe_timestamp_seconds{{target=\"{target}\"}} {probed}\n\
             ping_interval_seconds{{target=\"{target}\"}} 15\n\
             ping_success_total{{target=\"{target}\"}} {up}\n\
             ping_failure_total{{target=\"{target}\"}} 1\n"
        ));
    }
    text
}

fn source<'a>(status: &'a Value, name: &str) -> &'a Value {
    let sources = status["sources"].as_array().unwrap();
    sources
        .iter()
        .find(|source| source["name"] == name)
        .unwrap()
}

fn states(status: &Value) -> Vec<&str> {
    let targets = status["targets"].as_array().unwrap();
    targets
        .iter()
        .map(|target| target["state"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn everything_the_page_shows_is_in_one_answer() {
    let targets = [
        ("http://up/", 1, 2.0),
        ("http://down/", 0, 3.0),
        ("http://stale/", 1, 50.0),
    ];
    let agent = agent(&exposition(&targets)).await;
    let prometheus = MockServer::start().await;
    let latency = vector(&[("http://up/", "0.0123"), ("http://down/", "NaN")]);
    answers(&prometheus, "rate(ping_latency_seconds_sum[5m])", latency).await;
    let alert_logger = MockServer::start().await;
    let ready = Mock::given(path("/readyz")).respond_with(ResponseTemplate::new(200));
    ready.mount(&alert_logger).await;
    let gateway = gateway(&[
        TARGETS,
        ("PING_AGENT_METRICS_URL", &metrics_of(&agent)),
        ("PROMETHEUS_URL", &prometheus.uri()),
        ("ALERT_LOGGER_URL", &alert_logger.uri()),
    ]);
    let answer = get(&gateway, "/api/v1/status").await;
    assert_eq!(answer.status, 200);
    let status = answer.json();
    assert_eq!(
        status["sources"],
        json!([
            {"name": "ping-agent", "ok": true, "detail": null},
            {"name": "prometheus", "ok": true, "detail": null},
            {"name": "alert-logger", "ok": true, "detail": null},
        ])
    );
    assert_eq!(status["state"], "down");
    assert_eq!(status["counts"], json!({"up": 1, "down": 1, "unknown": 2}));
    assert_eq!(states(&status), ["up", "down", "unknown", "unknown"]);
    let up = &status["targets"][0];
    assert_eq!(up["kind"], "http");
    assert_eq!(up["latency_seconds"], 0.0123);
    assert_eq!(up["interval_seconds"], 15.0);
    assert_eq!(
        (&up["success"], &up["availability"]),
        (&json!(1), &json!("50.00%"))
    );
    assert_eq!(up["last_probe_at"], status["newest_observation_at"]);
    let probed: Timestamp = up["last_probe_at"].as_str().unwrap().parse().unwrap();
    let made: Timestamp = status["generated_at"].as_str().unwrap().parse().unwrap();
    let age = made.duration_since(probed).as_secs_f64();
    assert!((2.0..30.0).contains(&age), "{age}");
    assert_eq!(
        status["targets"][3],
        json!({"target": "http://new/", "url": "http://new/", "kind": "http", "state": "unknown",
            "success": 0, "failures": 0, "availability": null, "availability_percent": null,
            "latency_seconds": null, "last_probe_at": null, "interval_seconds": null})
    );
    assert_eq!(status["targets"][1]["latency_seconds"], json!(null));
}

#[tokio::test]
async fn with_every_source_away_it_answers_that_nobody_knows() {
    let away = nobody();
    let gateway = gateway(&[
        TARGETS,
        ("PING_AGENT_METRICS_URL", &away),
        ("PROMETHEUS_URL", &away),
    ]);
    let answer = get(&gateway, "/api/v1/status").await;
    assert_eq!(answer.status, 200);
    let status = answer.json();
    assert_eq!(status["state"], "unknown");
    assert_eq!(status["newest_observation_at"], json!(null));
    assert_eq!(states(&status), ["unknown"; 4]);
    for name in ["ping-agent", "prometheus", "alert-logger"] {
        assert_eq!(source(&status, name)["ok"], false, "{name}");
    }
    let unset = source(&status, "alert-logger")["detail"].as_str().unwrap();
    assert!(unset.contains("ALERT_LOGGER_URL"), "{unset}");
}

#[tokio::test]
async fn one_of_two_agents_that_sees_a_target_down_is_enough_and_the_missing_one_is_named() {
    let eu = agent(&exposition(&[
        ("http://up/", 1, 2.0),
        ("http://down/", 1, 2.0),
    ]))
    .await;
    let us = agent(&exposition(&[
        ("http://up/", 1, 2.0),
        ("http://down/", 0, 2.0),
    ]))
    .await;
    let agents = format!(
        "eu={},us={},asia={}",
        metrics_of(&eu),
        metrics_of(&us),
        nobody()
    );
    let gateway = gateway(&[
        ("PING_TARGET_URLS", "http://up/,http://down/"),
        ("PING_AGENT_METRICS_URL", &agents),
    ]);
    let status = get(&gateway, "/api/v1/status").await.json();
    assert_eq!(states(&status), ["up", "down"]);
    assert_eq!(status["targets"][0]["success"], 2);
    assert_eq!(source(&status, "eu")["ok"], true);
    assert_eq!(source(&status, "asia")["ok"], false);
}

#[tokio::test]
async fn a_prometheus_that_hangs_does_not_hold_up_the_page() {
    let agent = agent(&exposition(&[("http://up/", 1, 2.0)])).await;
    let prometheus = MockServer::start().await;
    answers(
        &prometheus,
        "rate",
        vector(&[]).set_delay(Duration::from_secs(30)),
    )
    .await;
    let gateway = gateway(&[
        ("PING_TARGET_URLS", "http://up/"),
        ("PING_AGENT_METRICS_URL", &metrics_of(&agent)),
        ("PROMETHEUS_URL", &prometheus.uri()),
    ]);
    let started = Instant::now();
    let status = get(&gateway, "/api/v1/status").await.json();
    assert!(started.elapsed() < Duration::from_secs(10));
    assert_eq!(status["state"], "up");
    let detail = source(&status, "prometheus")["detail"].as_str().unwrap();
    assert!(detail.contains("1 s"), "{detail}");
}
