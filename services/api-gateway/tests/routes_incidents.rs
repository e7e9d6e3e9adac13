//! `GET /api/v1/alerts` and `GET /api/v1/incidents`
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

mod support;

use serde_json::{Value, json};
use support::{NO_AGENT, alert_logger, ask_with, dead_url, gateway, get, history};
use wiremock::{MockServer, ResponseTemplate};

/// An alert in alert-logger's format.
fn alert(labels: &Value) -> Value {
    json!({
        "status": "resolved", "fingerprint": "9f1c", "generator_url": "http://prometheus/graph",
        "starts_at": "2026-11-23T02:45:01Z", "ends_at": "2026-11-23T02:50:01Z",
        "first_received_at": "2026-11-23T02:45:06.5Z", "resolved_received_at": "2026-11-23T02:50:16Z",
        "labels": labels,
        "annotations": {"summary": "A target is down", "description": "Probes of a have been failing.",
            "runbook_url": "https://example.com/TargetDown.md"}
    })
}

async fn queries(alert_logger: &MockServer) -> Vec<String> {
    let requests = alert_logger.received_requests().await.unwrap();
    let queries = requests.iter().filter_map(|request| request.url.query());
    queries.map(str::to_owned).collect()
}

#[tokio::test]
async fn an_incident_has_its_timeline() {
    let labels =
        json!({"alertname": "TargetDown", "target": "a", "severity": "page", "job": "ping-agent"});
    let alert_logger = alert_logger(history(&json!([alert(&labels)]), Some(3))).await;
    let gateway = gateway(&[NO_AGENT, ("ALERT_LOGGER_URL", &alert_logger.uri())]);
    let answer = get(&gateway, "/api/v1/incidents").await;
    assert_eq!(
        answer.json(),
        json!({"next": null, "durable": true, "incidents": [{
            "id": "2026-11-23T02:45:01Z,9f1c", "alert": "TargetDown", "target": "a", "severity": "page",
            "status": "resolved", "started_at": "2026-11-23T02:45:01Z", "ended_at": "2026-11-23T02:50:01Z",
            "end": "delivered", "duration_seconds": 300.0, "summary": "A target is down",
            "description": "Probes of a have been failing.",
            "runbook_url": "https://example.com/TargetDown.md", "labels": labels,
            "timeline": [
                {"at": "2026-11-23T02:45:01Z", "event": "fired"},
                {"at": "2026-11-23T02:45:06.5Z", "event": "notified"},
                {"at": "2026-11-23T02:50:01Z", "event": "resolved"},
                {"at": "2026-11-23T02:50:16Z", "event": "resolution_notified"},
            ]
        }]})
    );
    let tag = answer.headers["etag"].to_str().unwrap();
    let again = ask_with(&gateway, "/api/v1/incidents", &[("if-none-match", tag)]).await;
    assert_eq!(again.status, 304);
}

#[tokio::test]
async fn parameters_are_passed_on_to_alert_logger() {
    let alert_logger = alert_logger(history(&json!([]), None)).await;
    let gateway = gateway(&[NO_AGENT, ("ALERT_LOGGER_URL", &alert_logger.uri())]);
    let alerts = get(&gateway, "/api/v1/alerts").await.json();
    assert_eq!(
        alerts,
        json!({"alerts": [], "watchdog": {"last_received_at": null}})
    );
    let query = "target=a%26b&status=firing&limit=7&before=2026-11-23T02:45:01Z,9f";
    get(&gateway, &format!("/api/v1/incidents?{query}"))
        .await
        .json();
    get(&gateway, "/api/v1/incidents").await.json();
    assert_eq!(
        queries(&alert_logger).await,
        [
            "limit=1000&status=firing",
            "limit=7&target=a%26b&status=firing&before=2026-11-23T02%3A45%3A01Z%2C9f",
            "limit=100",
        ]
    );
    for (query, allowed) in [
        ("status=open", "allowed: firing, resolved"),
        ("limit=0", "from 1 to 1000"),
        ("before=yesterday", "next of an earlier answer"),
        ("before=2026-99-99T00:00:00Z,a", "next of an earlier answer"),
        ("search=a", "allowed: target, status, limit, before"),
    ] {
        let detail = get(&gateway, &format!("/api/v1/incidents?{query}"))
            .await
            .problem(400);
        assert!(detail.contains(allowed), "{detail}");
    }
    get(&gateway, "/api/v1/alerts?status=firing")
        .await
        .problem(400);
}

/// Anyone who can reach Alertmanager can post an alert with any labels.
#[tokio::test]
async fn hostile_labels_are_passed_on_as_text() {
    let long = "x".repeat(10_000);
    let rtl = "\u{202e}gnp.exe\u{0000}\u{0007}\"'</script><script>alert(1)</script>";
    let labels = json!({"alertname": rtl, "target": rtl, "long": long, rtl: "\r\n\r\n"});
    let alert_logger = alert_logger(history(&json!([alert(&labels)]), Some(3))).await;
    let gateway = gateway(&[NO_AGENT, ("ALERT_LOGGER_URL", &alert_logger.uri())]);
    let incident = get(&gateway, "/api/v1/alerts").await.json()["alerts"][0].clone();
    assert_eq!(incident["labels"], labels);
    assert_eq!(
        (&incident["alert"], &incident["target"]),
        (&json!(rtl), &json!(rtl))
    );
}

#[tokio::test]
async fn without_alert_logger_it_is_an_error() {
    let unset = gateway(&[NO_AGENT]);
    let unavailable = gateway(&[NO_AGENT, ("ALERT_LOGGER_URL", &dead_url())]);
    let failing = alert_logger(ResponseTemplate::new(500)).await;
    let failing = gateway(&[NO_AGENT, ("ALERT_LOGGER_URL", &failing.uri())]);
    let other = alert_logger(ResponseTemplate::new(200).set_body_string("<html>")).await;
    let other = gateway(&[NO_AGENT, ("ALERT_LOGGER_URL", &other.uri())]);
    for uri in ["/api/v1/alerts", "/api/v1/incidents"] {
        let detail = get(&unset, uri).await.problem(501);
        assert!(detail.contains("ALERT_LOGGER_URL"), "{detail}");
        let detail = get(&unavailable, uri).await.problem(502);
        assert!(detail.contains("alert-logger is unavailable"), "{detail}");
        let detail = get(&failing, uri).await.problem(502);
        assert!(detail.contains("status 500"), "{detail}");
        let detail = get(&other, uri).await.problem(502);
        assert!(detail.contains("cannot be parsed"), "{detail}");
    }
}
