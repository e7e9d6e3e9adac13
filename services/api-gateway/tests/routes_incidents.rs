//! `GET /api/v1/alerts` and `GET /api/v1/incidents`
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

mod support;

use api_gateway::live::incidents::group;
use axum::Router;
use jiff::Timestamp;
use serde_json::{Value, json};
use support::{
    History, NO_AGENT, TARGETS, agent, alert_logger, ask_with, dead_url, exposition, gateway, get,
    history, metrics_of,
};
use wiremock::{MockServer, ResponseTemplate};

/// An alert in alert-logger's format.
fn alert(labels: &Value) -> Value {
    json!({
        "status": "resolved", "fingerprint": "9f1c", "generator_url": "http://prometheus/graph",
        "started_at": "2026-11-23T02:45:01Z", "ended_at": "2026-11-23T02:50:01Z",
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
async fn an_incident_has_its_alerts_and_its_timeline() {
    let labels =
        json!({"alertname": "TargetDown", "target": "a", "severity": "page", "job": "ping-agent"});
    let alert_logger = alert_logger(history(&json!([alert(&labels)]), Some(3))).await;
    let gateway = gateway(&[NO_AGENT, ("ALERT_LOGGER_URL", &alert_logger.uri())]);
    let answer = get(&gateway, "/api/v1/incidents").await;
    let timeline = json!([
        {"at": "2026-11-23T02:45:01.000Z", "event": "fired", "alert": "TargetDown"},
        {"at": "2026-11-23T02:45:06.500Z", "event": "notified", "alert": "TargetDown"},
        {"at": "2026-11-23T02:50:01.000Z", "event": "resolved", "alert": "TargetDown"},
        {"at": "2026-11-23T02:50:16.000Z", "event": "resolution_notified", "alert": "TargetDown"},
    ]);
    assert_eq!(
        answer.json(),
        json!({"next": null, "durable": true, "incidents": [{
            "id": "1795401901000-9f1c", "target": "a", "title": "a was down", "state": "over",
            "reason": null, "http_status": null, "severity": "page",
            "started_at": "2026-11-23T02:45:01.000Z", "recovered_at": "2026-11-23T02:50:01.000Z",
            "ended_at": "2026-11-23T02:50:01.000Z", "duration_seconds": 300.0, "timeline": timeline,
            "alerts_total": 1, "alerts": [{
                "id": "1795401901000-9f1c", "alert": "TargetDown", "target": "a", "severity": "page",
                "status": "resolved", "started_at": "2026-11-23T02:45:01.000Z",
                "ended_at": "2026-11-23T02:50:01.000Z", "end": "delivered", "duration_seconds": 300.0,
                "summary": "A target is down", "description": "Probes of a have been failing.",
                "runbook_url": "https://example.com/TargetDown.md", "labels": labels, "timeline": timeline,
            }],
        }]})
    );
    let tag = answer.headers["etag"].to_str().unwrap();
    let again = ask_with(&gateway, "/api/v1/incidents", &[("if-none-match", tag)]).await;
    assert_eq!(again.status, 304);
}

/// An alert about a target, from one second to another.
fn during(name: &str, target: &str, start: i64, end: Option<i64>) -> Value {
    let at = |second: i64| Timestamp::from_second(1_790_000_000 + second).unwrap();
    json!({
        "status": if end.is_some() { "resolved" } else { "firing" },
        "fingerprint": format!("{}{start}", name.to_lowercase()),
        "started_at": at(start), "ended_at": end.map(at),
        "first_received_at": at(start), "resolved_received_at": end.map(at),
        "labels": {"alertname": name, "target": target}, "annotations": {},
    })
}

/// The ids of all pages.
async fn pages(gateway: &Router, query: &str) -> Vec<String> {
    let mut ids = Vec::new();
    let mut uri = format!("/api/v1/incidents?{query}");
    loop {
        let page = get(gateway, &uri).await.json();
        let incidents = page["incidents"].as_array().unwrap();
        ids.extend(
            incidents
                .iter()
                .map(|it| it["id"].as_str().unwrap().to_owned()),
        );
        let Some(next) = page["next"].as_str() else {
            return ids;
        };
        assert!(
            next.bytes()
                .all(|b| b.is_ascii_digit() || b.is_ascii_lowercase() || b == b'-')
        );
        uri = format!("/api/v1/incidents?{query}&before={next}");
    }
}

/// More alerts than alert-logger lists on a page, short and long ones, of several targets. Some begin at the same time.
fn many() -> Vec<Value> {
    let mut random = fastrand::Rng::with_seed(15);
    let mut alerts: Vec<_> = (0..2_500)
        .map(|number| {
            let start = random.i64(0..200_000) * 10;
            let length = if number % 20 == 0 {
                random.i64(0..900_000)
            } else {
                random.i64(0..2_000)
            };
            let target = format!("target-{}", number % 40);
            during(
                &format!("Alert{number}"),
                &target,
                start,
                Some(start + length),
            )
        })
        .collect();
    // These fire since the beginning, and since an hour.
    alerts.push(during("TargetDown", "old", 5, None));
    alerts.push(during("TargetDown", "new", 1_996_400, None));
    alerts
}

#[tokio::test]
async fn no_incident_is_lost_or_repeated_across_pages() {
    let alerts = many();
    let text = json!({"alerts": [], "next": null, "durable": true, "watchdog": {"last_received_at": null}});
    let mut all = api_gateway::sources::alert_logger::page(text.to_string().as_bytes()).unwrap();
    for alert in &alerts {
        all.alerts
            .push(serde_json::from_value(alert.clone()).unwrap());
    }
    let expected: Vec<_> = group(all.alerts).into_iter().map(|it| it.id).collect();
    let alert_logger = alert_logger(History(alerts)).await;
    let gateway = gateway(&[NO_AGENT, ("ALERT_LOGGER_URL", &alert_logger.uri())]);
    for limit in [300, 1_000] {
        assert_eq!(pages(&gateway, &format!("limit={limit}")).await, expected);
    }
    let ongoing = pages(&gateway, "state=ongoing&limit=1").await;
    assert_eq!(ongoing.len(), 2);
    assert!(ongoing[0].ends_with("-targetdown1996400") && ongoing[1].ends_with("-targetdown5"));
    assert_eq!(pages(&gateway, "state=recovered").await, [""; 0]);
    assert_eq!(pages(&gateway, "target=old").await, ongoing[1..]);
    assert_eq!(
        pages(&gateway, "state=over&limit=500").await.len(),
        expected.len() - 2
    );
}

#[tokio::test]
async fn the_newest_incidents_need_two_requests_of_a_long_history() {
    let alert_logger = alert_logger(History(many())).await;
    let gateway = gateway(&[NO_AGENT, ("ALERT_LOGGER_URL", &alert_logger.uri())]);
    get(&gateway, "/api/v1/incidents?limit=10").await.json();
    let queries = queries(&alert_logger).await;
    // The board checks alert-logger with limit=1.
    let pages: Vec<_> = queries
        .iter()
        .filter(|it| it.contains("limit=1000"))
        .collect();
    assert_eq!(pages.len(), 2, "{pages:?}");
    assert!(pages[1].contains("ended_after="), "{pages:?}");
}

#[tokio::test]
async fn the_states_of_targets_decide_whether_an_incident_goes_on() {
    let alerts = vec![
        during("TargetDown", "http://up/", 0, Some(600)),
        during("ErrorBudgetBurnFast", "http://up/", 300, None),
        during("TargetDown", "http://down/", 100, None),
        during("TargetDown", "http://removed/", 50, Some(90)),
    ];
    let alert_logger = alert_logger(History(alerts)).await;
    let mut metrics = exposition(&[("http://up/", 1, 2.0), ("http://down/", 0, 2.0)]);
    metrics += "ping_failures_by_reason_total{target=\"http://down/\",reason=\"status\"} 1\n\
        ping_http_status_code{target=\"http://down/\"} 503\n";
    let agent = agent(&metrics).await;
    let gateway = gateway(&[
        TARGETS,
        ("PING_AGENT_METRICS_URL", &metrics_of(&agent)),
        ("ALERT_LOGGER_URL", &alert_logger.uri()),
    ]);
    let answer = get(&gateway, "/api/v1/incidents").await.json();
    let incidents = answer["incidents"].as_array().unwrap();
    let told: Vec<_> = incidents
        .iter()
        .map(|it| {
            [
                &it["title"],
                &it["state"],
                &it["reason"],
                &it["http_status"],
            ]
        })
        .collect();
    let null = json!(null);
    assert_eq!(
        told,
        [
            [
                &json!("http://down/ is down"),
                &json!("ongoing"),
                &json!("status"),
                &json!(503)
            ],
            [
                &json!("http://removed/ was down"),
                &json!("over"),
                &null,
                &null
            ],
            [
                &json!("http://up/ was down"),
                &json!("recovered"),
                &null,
                &null
            ],
        ]
    );
    let detail = get(&gateway, "/api/v1/targets/http%3A%2F%2Fup%2F")
        .await
        .json();
    assert_eq!(detail["incidents"], json!([incidents[2]]));
    let status = get(&gateway, "/api/v1/status").await.json();
    assert_eq!(status["targets"][1]["http_status"], 503);
    assert_eq!(status["targets"][0]["http_status"], null);
}

#[tokio::test]
async fn parameters_are_checked() {
    let alert_logger = alert_logger(history(&json!([]), None)).await;
    let gateway = gateway(&[NO_AGENT, ("ALERT_LOGGER_URL", &alert_logger.uri())]);
    let alerts = get(&gateway, "/api/v1/alerts").await.json();
    assert_eq!(
        alerts,
        json!({"alerts": [], "watchdog": {"last_received_at": null}})
    );
    get(&gateway, "/api/v1/incidents?target=a%26b").await.json();
    let queries = queries(&alert_logger).await;
    for query in ["limit=1000&status=firing", "limit=1000&target=a%26b"] {
        assert!(queries.iter().any(|it| it == query), "{query}: {queries:?}");
    }
    for (query, allowed) in [
        ("state=open", "allowed: ongoing, recovered, over"),
        ("limit=0", "from 1 to 1000"),
        ("before=yesterday", "next of an earlier answer"),
        ("before=-", "next of an earlier answer"),
        ("before=1-", "next of an earlier answer"),
        ("before=1234567890123456-a", "next of an earlier answer"),
        (
            "before=2026-11-23T02%3A45%3A01Z%2C9f",
            "next of an earlier answer",
        ),
        ("status=firing", "allowed: target, state, limit, before"),
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
    let alert = get(&gateway, "/api/v1/alerts").await.json()["alerts"][0].clone();
    assert_eq!(alert["labels"], labels);
    assert_eq!(
        (&alert["alert"], &alert["target"]),
        (&json!(rtl), &json!(rtl))
    );
    let incidents = get(&gateway, "/api/v1/incidents").await.json();
    assert_eq!(incidents["incidents"][0]["target"], rtl);
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
