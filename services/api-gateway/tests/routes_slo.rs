//! `GET /api/v1/slo`
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

mod support;

use serde_json::{Value, json};
use support::{NO_AGENT, answers, dead_url, gateway, get, samples, targets_file, vector};
use wiremock::{MockServer, ResponseTemplate};

const TARGETS: &str = "[[target]]\nname = 'a'\nurl = 'http://a/'\nslo_objective = 0.99\n\
     latency_objective_seconds = 0.5\n[[target]]\nname = 'b'\nurl = 'http://b/'\n";

/// Values by target and window.
fn windows(values: &[(&str, &str, &str)]) -> ResponseTemplate {
    let labelled = |(target, window, value): &(&str, &str, &str)| {
        let labels = json!({"target": target, "window": window});
        (labels, (*value).to_owned())
    };
    samples(values.iter().map(labelled))
}

async fn prometheus() -> MockServer {
    let prometheus = MockServer::start().await;
    let probes = [
        ("a", "1h", "success", "210"),
        ("a", "1h", "failure", "2"),
        ("a", "1h", "maintenance", "4"),
        ("a", "7d", "failure", "99"),
        ("removed", "1h", "success", "9"),
    ];
    let probes = probes.map(|(target, window, outcome, value)| {
        let labels = json!({"target": target, "window": window, "outcome": outcome});
        (labels, value.to_owned())
    });
    answers(&prometheus, "target:probes:count", samples(probes)).await;
    let coverage = windows(&[("a", "1h", "0.9"), ("a", "1d", "0")]);
    answers(&prometheus, "target:coverage:ratio", coverage).await;
    let burn_rate = windows(&[("a", "1h", "0.8333"), ("a", "14d", "NaN")]);
    answers(&prometheus, "target:error_budget:burn_rate", burn_rate).await;
    let remaining = vector(&[("a", "-0.25")]);
    answers(
        &prometheus,
        "target:error_budget:remaining_ratio",
        remaining,
    )
    .await;
    prometheus
}

#[tokio::test]
async fn recorded_figures_are_shown_and_others_are_unknown() {
    let (file, prometheus) = (targets_file(TARGETS), prometheus().await);
    let gateway = gateway(&[
        ("PING_TARGETS_FILE", file.path().to_str().unwrap()),
        NO_AGENT,
        ("PROMETHEUS_URL", &prometheus.uri()),
    ]);
    let answer = get(&gateway, "/api/v1/slo").await;
    let slo = answer.json();
    assert!(answer.headers.contains_key("etag"));
    let (a, b) = (&slo["targets"][0], &slo["targets"][1]);
    assert_eq!((&a["target"], &b["target"]), (&json!("a"), &json!("b")));
    assert_eq!(
        (&a["slo_objective"], &b["slo_objective"]),
        (&json!(0.99), &json!(0.999))
    );
    assert_eq!(a["error_budget_remaining_ratio"], -0.25);
    assert_eq!(a["latency_objective_seconds"], 0.5);
    let names: Vec<_> = ["5m", "30m", "1h", "2h", "6h", "1d", "3d", "14d"].into();
    for target in [a, b] {
        let windows = target["windows"].as_object().unwrap();
        assert_eq!(windows.len(), names.len());
        assert!(names.iter().all(|name| windows.contains_key(*name)));
    }
    let hour = &a["windows"]["1h"];
    assert_eq!(
        (&hour["success"], &hour["failures"]),
        (&json!(210), &json!(2))
    );
    assert_eq!(hour["maintenance"], 4);
    assert_eq!(hour["availability"], "99.05%");
    assert_eq!(
        (&hour["coverage"], &hour["burn_rate"]),
        (&json!(0.9), &json!(0.8333))
    );
    let share = |name: &str| hour["shares"][name].as_f64().unwrap();
    assert!((share("up") - 0.9 * 210.0 / 216.0).abs() < 1e-12);
    assert!((share("unknown") - 0.1).abs() < 1e-12);
    let nothing = json!({"success": 0, "failures": 0, "maintenance": 0, "availability": null,
        "availability_percent": null, "coverage": null, "burn_rate": null,
        "shares": {"up": 0.0, "down": 0.0, "maintenance": 0.0, "unknown": 1.0}});
    assert_eq!(b["windows"]["14d"], nothing);
    assert_eq!(b["error_budget_remaining_ratio"], Value::Null);
    assert_eq!(a["windows"]["1d"]["coverage"], 0.0);
    assert_eq!(a["windows"]["14d"]["burn_rate"], Value::Null);
}

#[tokio::test]
async fn pages_are_the_same_as_those_of_the_status() {
    let (file, prometheus) = (targets_file(TARGETS), prometheus().await);
    let gateway = gateway(&[
        ("PING_TARGETS_FILE", file.path().to_str().unwrap()),
        NO_AGENT,
        ("PROMETHEUS_URL", &prometheus.uri()),
    ]);
    let first = get(&gateway, "/api/v1/slo?limit=1").await.json();
    assert_eq!(
        (first["targets"].as_array().unwrap().len(), &first["next"]),
        (1, &json!("0,a"))
    );
    let rest = get(&gateway, "/api/v1/slo?limit=1&after=0,a").await.json();
    assert_eq!(
        (&rest["targets"][0]["target"], &rest["next"]),
        (&json!("b"), &Value::Null)
    );
    let up = get(&gateway, "/api/v1/slo?state=up").await.json();
    assert_eq!(up["targets"], json!([]));
}

#[tokio::test]
async fn without_prometheus_it_is_an_error() {
    let unset = gateway(&[("PING_TARGET_URLS", "http://a/"), NO_AGENT]);
    let detail = get(&unset, "/api/v1/slo").await.problem(501);
    assert!(detail.contains("PROMETHEUS_URL"), "{detail}");
    let unavailable = gateway(&[
        ("PING_TARGET_URLS", "http://a/"),
        NO_AGENT,
        ("PROMETHEUS_URL", &dead_url()),
    ]);
    let detail = get(&unavailable, "/api/v1/slo").await.problem(502);
    assert!(detail.contains("Prometheus is unavailable"), "{detail}");
    get(&unavailable, "/api/v1/slo?window=5m")
        .await
        .problem(400);
}
