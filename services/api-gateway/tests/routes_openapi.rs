//! `GET /openapi.json`
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

mod support;

use support::{gateway, get, nobody};

#[tokio::test]
async fn every_endpoint_is_described_and_every_error_is_a_problem() {
    let gateway = gateway(&[("PING_AGENT_METRICS_URL", &nobody())]);
    let description = get(&gateway, "/openapi.json").await.json();
    let paths = description["paths"].as_object().unwrap();
    for (path, statuses) in [
        ("/targets", &["200", "502", "default"][..]),
        ("/uptime-summary", &["200", "502"]),
        ("/uptime-summary-windowed", &["200", "400", "501", "502"]),
        ("/api/v1/status", &["200"]),
        ("/openapi.json", &["200"]),
    ] {
        let responses = paths[path]["get"]["responses"].as_object().unwrap();
        for status in statuses {
            let content = responses[*status]["content"].as_object().unwrap();
            let media = if *status == "200" {
                "application/json"
            } else {
                "application/problem+json"
            };
            assert!(content.contains_key(media), "{path} {status}: {content:?}");
        }
    }
    let availability = &description["components"]["schemas"]["Figures"];
    let required = availability["required"].as_array().unwrap();
    assert!(
        required.contains(&"availability".into()),
        "it may be null, but it is always there"
    );
}
