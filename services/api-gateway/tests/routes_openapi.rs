//! `GET /openapi.json`
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

mod support;

use support::{ask, dead_url, gateway, get};

#[tokio::test]
async fn every_endpoint_is_described_and_every_error_is_a_problem() {
    let gateway = gateway(&[("PING_AGENT_METRICS_URL", &dead_url())]);
    let description = get(&gateway, "/openapi.json").await.json();
    let paths = description["paths"].as_object().unwrap();
    let own: &[(&str, &[&str])] = &[
        ("/targets", &["502"]),
        ("/uptime-summary", &["502"]),
        ("/uptime-summary-windowed", &["501", "502", "503"]),
        ("/api/v1/status", &[]),
        ("/api/v1/slo", &["501", "502"]),
        ("/api/v1/history", &["501", "502"]),
        ("/api/v1/latency", &["501", "502"]),
        ("/api/v1/phases", &["501", "502"]),
        ("/api/v1/alerts", &["501", "502"]),
        ("/api/v1/incidents", &["501", "502"]),
        ("/api/v1/maintenance", &["501"]),
        ("/api/v1/targets/{target}", &["404"]),
        ("/api/v1/events", &["503"]),
        ("/openapi.json", &[]),
    ];
    assert_eq!(paths.len(), own.len());
    for (path, own) in own {
        let responses = paths[*path]["get"]["responses"].as_object().unwrap();
        let mut expected = vec!["200", "400", "default"];
        expected.extend(*own);
        let tagged = path.starts_with("/api/v1/") && *path != "/api/v1/events";
        if tagged {
            assert!(responses["304"].get("content").is_none(), "{path}");
            assert!(responses["200"]["headers"]["ETag"].is_object(), "{path}");
        }
        assert_eq!(
            responses.len(),
            expected.len() + usize::from(tagged),
            "{path}"
        );
        for status in expected {
            let content = responses[status]["content"].as_object().unwrap();
            let media = match (status, *path) {
                ("200", "/api/v1/events") => "text/event-stream",
                ("200", _) => "application/json",
                _ => "application/problem+json",
            };
            assert!(content.contains_key(media), "{path} {status}: {content:?}");
        }
        let parameters = paths[*path]["get"]["parameters"].as_array();
        for parameter in parameters.into_iter().flatten() {
            let required = parameter["in"] == "path";
            assert_eq!(parameter["required"], required, "{path}: {parameter}");
        }
    }
    let availability = &description["components"]["schemas"]["Figures"];
    let required = availability["required"].as_array().unwrap();
    assert!(
        required.contains(&"availability".into()),
        "a nullable field is always present"
    );
}

/// A reference to a missing schema makes the whole description invalid.
#[tokio::test]
async fn every_referenced_schema_exists() {
    let gateway = gateway(&[("PING_AGENT_METRICS_URL", &dead_url())]);
    let answer = get(&gateway, "/openapi.json").await;
    let schemas = answer.json()["components"]["schemas"]
        .as_object()
        .unwrap()
        .clone();
    let prefix = "\"#/components/schemas/";
    let references = answer.text.split(prefix).skip(1);
    let names: std::collections::BTreeSet<_> = references
        .map(|rest| rest.split('"').next().unwrap())
        .collect();
    assert!(names.len() > 20);
    for name in names {
        assert!(schemas.contains_key(name), "{name}");
    }
}

#[tokio::test]
async fn unknown_parameters_are_rejected_by_every_endpoint() {
    let gateway = gateway(&[("PING_AGENT_METRICS_URL", &dead_url())]);
    let description = get(&gateway, "/openapi.json").await.json();
    for path in description["paths"].as_object().unwrap().keys() {
        let uri = path.replace("{target}", "a");
        let answer = get(&gateway, &format!("{uri}?unheard-of=1")).await;
        assert!(answer.problem(400).contains("unheard-of"), "{path}");
        let posted = ask(&gateway, "POST", &uri).await;
        assert_eq!(posted.status, 405, "{path}");
        assert_eq!(posted.headers["allow"], "GET,HEAD", "{path}");
    }
}
