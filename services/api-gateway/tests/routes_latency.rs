//! `GET /api/v1/latency` and `GET /api/v1/phases`
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

mod support;

use serde_json::{Value, json};
use support::{NO_AGENT, answers, answers_range, gateway, get, samples};
use wiremock::MockServer;

const TARGETS: (&str, &str) = ("PING_TARGET_URLS", "http://a/,http://b/");

#[tokio::test]
async fn a_slot_has_two_quantiles_or_nulls() {
    let prometheus = MockServer::start().await;
    let quantile = |quantile| json!({"target": "http://a/", "quantile": quantile});
    let every_other = |end: i64| (end / 960 % 2 == 0).then_some(0.02);
    answers_range(
        &prometheus,
        r#"target:latency_seconds:quantile{quantile="0.5"}[959999ms]"#,
        vec![(quantile("0.5"), every_other)],
    )
    .await;
    answers_range(
        &prometheus,
        r#"target:latency_seconds:quantile{quantile="0.95"}[959999ms]"#,
        vec![(quantile("0.95"), |_| Some(0.5))],
    )
    .await;
    let gateway = gateway(&[TARGETS, NO_AGENT, ("PROMETHEUS_URL", &prometheus.uri())]);
    let answer = get(&gateway, "/api/v1/latency?range=24h").await.json();
    assert_eq!(
        (&answer["slot_seconds"], &answer["slots"]),
        (&json!(960), &json!(90))
    );
    let (a, b) = (&answer["targets"][0], &answer["targets"][1]);
    let p50 = a["p50"].as_array().unwrap();
    assert_eq!(p50.len(), 90);
    assert_eq!(
        p50.iter().filter(|value| **value == json!(0.02)).count(),
        45
    );
    assert_eq!(p50.iter().filter(|value| value.is_null()).count(), 45);
    assert_eq!(a["p95"], json!(vec![0.5; 90]));
    assert_eq!(
        (&b["p50"], &b["p95"]),
        (&json!(vec![Value::Null; 90]), &json!(vec![Value::Null; 90]))
    );
}

#[tokio::test]
async fn a_latency_in_the_lowest_bucket_is_the_bound_and_marked_as_such() {
    let prometheus = MockServer::start().await;
    let quantile = |quantile| json!({"target": "http://a/", "quantile": quantile});
    // A value of older rules, and a mean of many bounds with a rounding error.
    answers_range(
        &prometheus,
        r#"target:latency_seconds:quantile{quantile="0.5"}[959999ms]"#,
        vec![(quantile("0.5"), |_| Some(0.0025))],
    )
    .await;
    answers_range(
        &prometheus,
        r#"target:latency_seconds:quantile{quantile="0.95"}[959999ms]"#,
        vec![(quantile("0.95"), |_| Some(0.005_000_000_000_000_001))],
    )
    .await;
    let gateway = gateway(&[TARGETS, NO_AGENT, ("PROMETHEUS_URL", &prometheus.uri())]);
    let answer = get(&gateway, "/api/v1/latency?range=24h").await.json();
    let a = &answer["targets"][0];
    assert_eq!(a["at_most_seconds"], json!(0.005));
    assert_eq!(a["p50"], json!(vec![0.005; 90]));
    assert_eq!(a["p95"], json!(vec![0.005; 90]));
}

#[tokio::test]
async fn phases_and_reasons_come_from_prometheus() {
    let prometheus = MockServer::start().await;
    let phase = |phase, seconds: &str| {
        (
            json!({"target": "http://a/", "phase": phase}),
            seconds.to_owned(),
        )
    };
    let durations = [
        phase("connect", "0.002"),
        phase("first_byte", "0.03"),
        phase("nap", "7"),
        phase("tls", "NaN"),
    ];
    answers(&prometheus, "ping_phase_seconds_sum", samples(durations)).await;
    let reason = |reason, count: &str| {
        (
            json!({"target": "http://a/", "reason": reason}),
            count.to_owned(),
        )
    };
    let reasons = [reason("timeout", "3"), reason("dns", "1")];
    answers(
        &prometheus,
        "ping_failures_by_reason_total",
        samples(reasons),
    )
    .await;
    let gateway = gateway(&[TARGETS, NO_AGENT, ("PROMETHEUS_URL", &prometheus.uri())]);
    let answer = get(&gateway, "/api/v1/phases").await.json();
    assert_eq!(answer["next"], Value::Null);
    assert_eq!(
        answer["targets"],
        json!([
            {"target": "http://a/", "reasons": {"timeout": 3, "dns": 1}, "phases":
                {"dns": null, "connect": 0.002, "tls": null, "first_byte": 0.03, "transfer": null}},
            {"target": "http://b/", "reasons": {}, "phases":
                {"dns": null, "connect": null, "tls": null, "first_byte": null, "transfer": null}},
        ])
    );
}
