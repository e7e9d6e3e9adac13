//! The index at `/`.
#![allow(clippy::unwrap_used, reason = "tests")]

mod support;

use std::collections::BTreeSet;

use serde_json::{Value, json};
use support::{agent, alert_logger, history, metrics_of, vector};
use test_support::{Service, get_json, index};
use wiremock::matchers::path;
use wiremock::{Mock, MockServer, ResponseTemplate};

/// Endpoints that are not in the OpenAPI document.
const OTHERS: [&str; 6] = [
    "/runbooks",
    "/runbooks/",
    "/runbooks/{name}",
    "/healthz",
    "/readyz",
    "/metrics",
];

/// A Prometheus without data.
async fn empty_prometheus() -> MockServer {
    let server = MockServer::start().await;
    let matrix = json!({"status": "success", "data": {"resultType": "matrix", "result": []}});
    for (at, answer) in [
        ("/api/v1/query", vector(&[])),
        (
            "/api/v1/query_range",
            ResponseTemplate::new(200).set_body_json(matrix),
        ),
    ] {
        let mock = Mock::given(path(at)).respond_with(answer);
        mock.mount(&server).await;
    }
    server
}

#[tokio::test]
async fn the_index_lists_every_endpoint() {
    let (agent, prometheus) = (agent("").await, empty_prometheus().await);
    let alert_logger = alert_logger(history(&json!([]), Some(1))).await;
    let runbooks = tempfile::tempdir().unwrap();
    let gateway = Service::start(
        env!("CARGO_BIN_EXE_api-gateway"),
        &[
            ("PING_AGENT_METRICS_URL", &*metrics_of(&agent)),
            ("PING_TARGET_URLS", "http://127.0.0.1:1/"),
            ("PROMETHEUS_URL", &prometheus.uri()),
            ("ALERT_LOGGER_URL", &alert_logger.uri()),
            ("RUNBOOKS_DIR", runbooks.path().to_str().unwrap()),
        ],
    );
    let listed: BTreeSet<String> = index(&gateway).await.into_iter().collect();
    let document: Value = get_json(&gateway.url("/openapi.json")).await.unwrap();
    let described = document["paths"].as_object().unwrap().keys();
    let described = described.map(String::as_str).chain(OTHERS);
    let expected: BTreeSet<String> = described.map(|path| format!("GET {path}")).collect();
    assert_eq!(listed, expected);
}
