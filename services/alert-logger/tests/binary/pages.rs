//! The pages for people: the index, and `GET /alertmanager`.

use serde_json::{Value, json};
use test_support::{ScriptedServer, free_port, index, response};

use super::harness::{AlertLogger, program};

/// A URL whose port is closed.
fn dead_url() -> String {
    format!("http://127.0.0.1:{}", free_port())
}

/// Starts alert-logger with this Alertmanager.
async fn with_alertmanager(url: &str) -> AlertLogger {
    let mut command = program(None);
    command.env("ALERTMANAGER_URL", url);
    command.env("PROMETHEUS_URL", dead_url());
    let service = AlertLogger::start(command);
    service.wait_until_ready().await;
    service
}

/// An Alertmanager with these alerts and silences. Debian's build answers 404 at `/`.
async fn alertmanager(root: &'static str, alerts: Value, silences: Value) -> ScriptedServer {
    ScriptedServer::start(move |_, head| {
        if head.starts_with("GET /api/v2/alerts ") {
            response("200 OK", "", &alerts.to_string())
        } else if head.starts_with("GET /api/v2/silences ") {
            response("200 OK", "", &silences.to_string())
        } else {
            response(root, "", "")
        }
    })
    .await
}

#[tokio::test]
async fn the_index_lists_every_endpoint() {
    let alertmanager = alertmanager("404 Not Found", json!([]), json!([])).await;
    let service = with_alertmanager(&alertmanager.url("")).await;
    assert_eq!(
        index(&service.0).await,
        [
            "GET /alertmanager",
            "GET /api/v1/alerts",
            "POST /",
            "POST /webhook",
            "GET /healthz",
            "GET /readyz",
            "GET /metrics"
        ]
    );
}

#[tokio::test]
async fn the_page_shows_alerts_and_silences_and_escapes_their_texts() {
    let alerts = json!([{
        "labels": {"alertname": "TargetDown", "target": "<script>"},
        "annotations": {"summary": "A target is down"},
        "startsAt": "2026-11-23T02:45:00.123Z", "endsAt": "2026-11-23T02:50:00Z",
        "updatedAt": "2026-11-23T02:46:00Z", "fingerprint": "a", "receivers": [{"name": "stdout"}],
        "status": {"state": "suppressed", "silencedBy": ["b"], "inhibitedBy": []}
    }]);
    let silence = |state: &str, comment: &str| {
        json!({
            "id": "b", "comment": comment, "createdBy": "Ann", "status": {"state": state},
            "startsAt": "2026-11-23T02:40:00Z", "endsAt": "2026-11-23T03:40:00Z", "updatedAt": "2026-11-23T02:40:00Z",
            "matchers": [{"name": "target", "value": "shop|blog", "isRegex": true, "isEqual": false}]
        })
    };
    let silences = json!([
        silence("active", "planned"),
        silence("expired", "forgotten")
    ]);
    let alertmanager = alertmanager("404 Not Found", alerts, silences).await;
    let service = with_alertmanager(&alertmanager.url("")).await;
    let page = service.get("/alertmanager").await;
    assert_eq!(page.status(), 200);
    let html = page.text().await.unwrap();
    for part in [
        "read-only view",
        "this build of Alertmanager has no web interface",
        &alertmanager.url("/api/v2/alerts"),
        "Alerts: 1",
        "suppressed",
        "2026-11-23 02:45:00",
        "A target is down",
        "Silences: 1",
        "target!~",
        "shop|blog",
        "planned",
    ] {
        assert!(html.contains(part), "{part}: {html}");
    }
    assert!(
        !html.contains("<script>") && !html.contains("forgotten"),
        "{html}"
    );
}

#[tokio::test]
async fn a_build_with_a_web_interface_is_linked() {
    let alertmanager = alertmanager("200 OK", json!([]), json!([])).await;
    let service = with_alertmanager(&alertmanager.url("")).await;
    let html = service.get("/alertmanager").await.text().await.unwrap();
    let link = format!("<a href=\"{}\">a web interface</a>", alertmanager.url("/"));
    assert!(html.contains(&link), "{html}");
}

#[tokio::test]
async fn without_alertmanager_the_page_is_an_error() {
    let service = with_alertmanager(&dead_url()).await;
    let page = service.get("/alertmanager").await;
    assert_eq!(page.status(), 502);
    let html = page.text().await.unwrap();
    assert!(html.contains("Alertmanager is unavailable"), "{html}");

    let alone = AlertLogger::ready(None).await;
    let problem = alone.get("/alertmanager").await;
    assert_eq!(problem.status(), 501);
    assert!(problem.text().await.unwrap().contains("ALERTMANAGER_URL"));
}
