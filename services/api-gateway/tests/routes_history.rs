//! `GET /api/v1/history`
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

mod support;

use jiff::Timestamp;
use serde_json::{Value, json};
use support::{
    NO_AGENT, answers, answers_range, ask_with, dead_url, gateway, get, outcomes, requests, vector,
};
use wiremock::MockServer;

const TARGETS: (&str, &str) = ("PING_TARGET_URLS", "http://a/,http://b/");
const SLOT: i64 = 16 * 60;

/// Returns whether the slot that ends at this time has an even number, counted from the epoch.
fn is_even(end: i64) -> bool {
    (end / SLOT) % 2 == 0
}

/// A Prometheus with a probe of `http://a/` every 15 s. In every other slot half of the probes are missing, one failed
/// and four were in maintenance.
async fn prometheus() -> MockServer {
    let prometheus = MockServer::start().await;
    let outcome = |outcome| json!({"target": "http://a/", "outcome": outcome});
    answers_range(
        &prometheus,
        "target:probes:increase",
        vec![
            (outcome("success"), |end| {
                Some(if is_even(end) { 64.0 } else { 27.0 })
            }),
            (outcome("failure"), |end| (!is_even(end)).then_some(1.0)),
            (outcome("maintenance"), |end| (!is_even(end)).then_some(4.0)),
        ],
    )
    .await;
    let due = (
        json!({"target": "http://a/"}),
        (|_| Some(1.0 / 15.0)) as fn(i64) -> Option<f64>,
    );
    answers_range(&prometheus, "target:probes_due:rate", vec![due]).await;
    let overall = [
        ("http://a/", "success", "1999"),
        ("http://a/", "failure", "1"),
    ];
    answers(&prometheus, "target:probes:count", outcomes(&overall)).await;
    answers(
        &prometheus,
        "target:probes_due:count",
        vector(&[("http://a/", "4000")]),
    )
    .await;
    prometheus
}

fn numbers(values: &Value) -> Vec<Option<f64>> {
    values
        .as_array()
        .unwrap()
        .iter()
        .map(Value::as_f64)
        .collect()
}

#[tokio::test]
async fn a_slot_has_its_availability_its_coverage_and_its_probes() {
    let prometheus = prometheus().await;
    let gateway = gateway(&[TARGETS, NO_AGENT, ("PROMETHEUS_URL", &prometheus.uri())]);
    let answer = get(&gateway, "/api/v1/history").await.json();
    assert_eq!(
        (&answer["range"], &answer["slots"]),
        (&json!("24h"), &json!(90))
    );
    assert_eq!(answer["slot_seconds"], SLOT);
    let start: Timestamp = answer["start"].as_str().unwrap().parse().unwrap();
    assert_eq!(start.as_second() % SLOT, 0);
    let age = Timestamp::now().duration_since(start).as_secs();
    assert!((89 * SLOT..=90 * SLOT + 20).contains(&age), "{age}");

    let a = &answer["targets"][0];
    let column = |name: &str| numbers(&a[name]);
    for place in 0..89 {
        let end = start.as_second() + (place as i64 + 1) * SLOT;
        let cells = [
            "availability",
            "coverage",
            "maintenance",
            "success",
            "failures",
        ]
        .map(|name| column(name)[place].unwrap());
        let expected = if is_even(end) {
            [1.0, 1.0, 0.0, 64.0, 0.0]
        } else {
            [27.0 / 28.0, 0.5, 0.5 * 4.0 / 32.0, 27.0, 1.0]
        };
        for (cell, expected) in cells.iter().zip(expected) {
            assert!((cell - expected).abs() < 1e-12, "{place}: {cells:?}");
        }
    }
    // The last slot has not ended, so fewer probes are due in it.
    assert!(column("coverage")[89].unwrap() >= 0.5);
    assert_eq!(
        a["overall"],
        json!({"availability": "99.95%", "availability_percent": 99.95, "coverage": 0.5})
    );
}

#[tokio::test]
async fn a_target_without_data_is_unknown_in_every_slot() {
    let prometheus = prometheus().await;
    let gateway = gateway(&[TARGETS, NO_AGENT, ("PROMETHEUS_URL", &prometheus.uri())]);
    let answer = get(&gateway, "/api/v1/history?search=b").await.json();
    let b = &answer["targets"][0];
    assert_eq!(b["target"], "http://b/");
    assert_eq!(numbers(&b["availability"]), [None; 90]);
    assert_eq!(numbers(&b["coverage"]), [Some(0.0); 90]);
    assert_eq!(
        b["overall"],
        json!({"availability": null, "availability_percent": null, "coverage": null})
    );
}

#[tokio::test]
async fn longer_ranges_use_the_longer_pieces() {
    let prometheus = prometheus().await;
    let gateway = gateway(&[TARGETS, NO_AGENT, ("PROMETHEUS_URL", &prometheus.uri())]);
    for (range, slot) in [("24h", 16 * 60), ("14d", 224 * 60)] {
        let answer = get(&gateway, &format!("/api/v1/history?range={range}"))
            .await
            .json();
        assert_eq!(answer["slot_seconds"], slot);
    }
    let requests = prometheus.received_requests().await.unwrap();
    let queries: Vec<String> = requests
        .iter()
        .filter(|request| request.url.path().ends_with("query_range"))
        .map(|request| {
            let mut pairs = request.url.query_pairs();
            pairs
                .find(|(key, _)| key == "query")
                .unwrap()
                .1
                .into_owned()
        })
        .collect();
    for query in [
        "sum by (target, outcome) (sum_over_time(target:probes:increase[959999ms]))",
        "sum by (target) (avg_over_time(target:probes_due:rate[959999ms]))",
        "sum by (target, outcome) (sum_over_time(target:probes:increase4m[13439999ms]))",
        "sum by (target) (avg_over_time(target:probes_due:rate4m[13439999ms]))",
    ] {
        assert!(queries.iter().any(|it| it == query), "{query}: {queries:?}");
    }
    let detail = get(&gateway, "/api/v1/history?range=30d")
        .await
        .problem(400);
    assert_eq!(
        detail,
        "range is \"30d\"; allowed: 24h, 7d, 14d (PROMETHEUS_RETENTION is 14d)"
    );
}

#[tokio::test]
async fn a_longer_retention_allows_longer_ranges_and_windows() {
    let prometheus = prometheus().await;
    let probes = outcomes(&[("http://a/", "success", "1999")]);
    answers(&prometheus, "target:probes:increase4m[", probes).await;
    let due = vector(&[("http://a/", "4000")]);
    answers(&prometheus, "target:probes_due:rate4m[", due).await;
    let gateway = gateway(&[
        TARGETS,
        NO_AGENT,
        ("PROMETHEUS_URL", &prometheus.uri()),
        ("PROMETHEUS_RETENTION", "90d"),
    ]);
    for (range, slot) in [("30d", 480 * 60), ("90d", 86_400)] {
        let uri = format!("/api/v1/history?range={range}");
        assert_eq!(get(&gateway, &uri).await.json()["slot_seconds"], slot);
        let uri = format!("/uptime-summary-windowed?window={range}");
        assert_eq!(get(&gateway, &uri).await.json()["window"], range);
    }
    let ranges = json!(["24h", "7d", "14d", "30d", "90d"]);
    let status = get(&gateway, "/api/v1/status").await.json();
    assert_eq!(status["ranges"], ranges);
    let description = get(&gateway, "/openapi.json").await.json();
    let described = &description["paths"]["/api/v1/history"]["get"]["parameters"][0];
    assert_eq!(described["schema"]["enum"], ranges);
    for (uri, allowed) in [
        (
            "/api/v1/history?range=365d",
            "90d (PROMETHEUS_RETENTION is 90d)",
        ),
        (
            "/uptime-summary-windowed?window=91d",
            "to 90d (PROMETHEUS_RETENTION)",
        ),
    ] {
        let detail = get(&gateway, uri).await.problem(400);
        assert!(detail.contains(allowed), "{detail}");
    }
}

#[tokio::test]
async fn all_pages_share_one_read_of_the_history() {
    let prometheus = prometheus().await;
    let gateway = gateway(&[TARGETS, NO_AGENT, ("PROMETHEUS_URL", &prometheus.uri())]);
    let first = get(&gateway, "/api/v1/history?limit=1").await;
    let before = requests(&prometheus).await;
    let next = first.json()["next"].as_str().unwrap().to_owned();
    let rest = get(&gateway, &format!("/api/v1/history?limit=1&after={next}"))
        .await
        .json();
    assert_eq!(rest["targets"][0]["target"], "http://b/");
    let tag = first.headers["etag"].to_str().unwrap();
    let uri = "/api/v1/history?limit=1";
    let again = ask_with(&gateway, uri, &[("if-none-match", tag)]).await;
    assert_eq!(again.status, 304);
    let ranged = |requests: &[wiremock::Request]| {
        requests
            .iter()
            .filter(|request| request.url.path().ends_with("query_range"))
            .count()
    };
    let all = prometheus.received_requests().await.unwrap();
    assert_eq!(
        ranged(&all),
        ranged(&all[..before]),
        "only instant queries were added"
    );
}

#[tokio::test]
async fn without_prometheus_it_is_an_error() {
    let unset = gateway(&[TARGETS, NO_AGENT]);
    for endpoint in ["history", "latency", "phases"] {
        let uri = format!("/api/v1/{endpoint}");
        get(&unset, &uri).await.problem(501);
        let unavailable = gateway(&[TARGETS, NO_AGENT, ("PROMETHEUS_URL", &dead_url())]);
        get(&unavailable, &uri).await.problem(502);
        get(&unavailable, &format!("{uri}?range=24h&range=7d"))
            .await
            .problem(400);
    }
}
