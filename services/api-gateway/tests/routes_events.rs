//! `GET /api/v1/events`
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

mod support;

use std::sync::Arc;
use std::time::{Duration, Instant};

use api_gateway::{Gateway, routes, tasks};
use axum::Router;
use axum::body::{Body, BodyDataStream};
use axum::http::{HeaderMap, Request};
use futures::StreamExt;
use serde_json::{Value, json};
use service_kit::Shutdown;
use support::{
    agent_that, alert_logger, ask, get, history, in_turn, metrics_of, requests, sources,
};
use tower::ServiceExt;
use wiremock::ResponseTemplate;

/// An open event stream.
struct Stream {
    headers: HeaderMap,
    body: BodyDataStream,
    text: String,
}

#[derive(Debug)]
struct Event {
    id: String,
    name: String,
    data: Value,
}

impl Stream {
    async fn open(router: &Router, uri: &str, headers: &[(&str, &str)]) -> Self {
        let request = headers
            .iter()
            .fold(Request::builder().uri(uri), |request, (name, value)| {
                request.header(*name, *value)
            });
        let answer = router.clone().oneshot(request.body(Body::empty()).unwrap());
        let (parts, body) = answer.await.unwrap().into_parts();
        assert_eq!(parts.status, 200);
        Self {
            headers: parts.headers,
            body: body.into_data_stream(),
            text: String::new(),
        }
    }

    /// Waits for the next event with one of these names.
    async fn next(&mut self, names: &[&str]) -> Event {
        loop {
            while let Some((frame, rest)) = self.text.split_once("\n\n") {
                let (frame, rest) = (frame.to_owned(), rest.to_owned());
                self.text = rest;
                let field = |name: &str| frame.lines().find_map(|line| line.strip_prefix(name));
                let Some(name) = field("event: ") else {
                    continue;
                };
                if names.contains(&name) {
                    return Event {
                        id: field("id: ").unwrap().to_owned(),
                        name: name.to_owned(),
                        data: serde_json::from_str(field("data: ").unwrap()).unwrap(),
                    };
                }
            }
            let chunk = tokio::time::timeout(Duration::from_secs(10), self.body.next());
            let chunk = chunk.await.expect("an event").expect("no end").unwrap();
            self.text.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    }
}

fn up(up: u8) -> ResponseTemplate {
    let now = jiff::Timestamp::now().as_duration().as_secs_f64();
    ResponseTemplate::new(200).set_body_string(format!(
        "ping_up{{target=\"a\"}} {up}\nping_last_probe_timestamp_seconds{{target=\"a\"}} {now}\n"
    ))
}

/// The routes of a gateway that polls for changes.
fn polling(gateway: Arc<Gateway>) -> Router {
    tokio::spawn(tasks::changes::publish(
        Arc::clone(&gateway),
        Shutdown::never(),
    ));
    routes::router(gateway)
}

#[tokio::test]
async fn a_failing_target_is_published_soon_after_it_is_counted() {
    let agent = agent_that(in_turn([up(1), up(1), up(0)])).await;
    let gateway = polling(sources(&[("PING_AGENT_METRICS_URL", &metrics_of(&agent))]));
    let page = get(&gateway, "/api/v1/status").await;
    let position = page.headers["last-event-id"].to_str().unwrap();
    let uri = format!("/api/v1/events?last_event_id={position}");
    let mut stream = Stream::open(&gateway, &uri, &[]).await;
    assert_eq!(stream.headers["content-type"], "text/event-stream");
    assert_eq!(stream.headers["x-accel-buffering"], "no");
    let summary = stream.next(&["summary"]).await;
    assert_eq!(summary.data["state"], "up");
    assert_eq!(summary.data["counts"]["up"], 1);
    assert!(summary.data.get("targets").is_none());
    let counted = Instant::now();
    let down = stream.next(&["target"]).await;
    assert!(
        counted.elapsed() < Duration::from_secs(2),
        "{:?}",
        counted.elapsed()
    );
    assert_eq!(
        (&down.data["target"], &down.data["state"]),
        (&json!("a"), &json!("down"))
    );
    let status = get(&gateway, "/api/v1/status").await.json();
    assert_eq!(status["targets"][0]["since"], down.data["since"]);

    // A client that reconnects gets the same event, with the header or with the parameter.
    for (uri, headers) in [
        ("/api/v1/events", &[("last-event-id", &*summary.id)][..]),
        (&format!("/api/v1/events?last_event_id={}", summary.id), &[]),
    ] {
        let mut resumed = Stream::open(&gateway, uri, headers).await;
        let again = resumed.next(&["target", "reset"]).await;
        assert_eq!((again.id, again.data), (down.id.clone(), down.data.clone()));
    }
    let lost = &[("last-event-id", "another-7")];
    let mut lost = Stream::open(&gateway, "/api/v1/events", lost).await;
    assert_eq!(lost.next(&["target", "reset"]).await.name, "reset");
}

#[tokio::test]
async fn a_new_incident_is_published() {
    let alert = json!([{
        "status": "firing", "fingerprint": "9f1c", "starts_at": "2026-11-23T02:45:01Z", "ends_at": null,
        "first_received_at": "2026-11-23T02:45:06Z", "resolved_received_at": null,
        "labels": {"alertname": "TargetDown", "target": "</script>\u{202e}"}, "annotations": {}
    }]);
    // The gateway also fetches alert-logger's newest alert, to check that alert-logger works.
    let alert_logger = alert_logger(in_turn([
        history(&json!([]), Some(3)),
        history(&json!([]), Some(3)),
        history(&alert, Some(3)),
    ]))
    .await;
    let agent = agent_that(up(1)).await;
    let gateway = polling(sources(&[
        ("PING_AGENT_METRICS_URL", &metrics_of(&agent)),
        ("ALERT_LOGGER_URL", &alert_logger.uri()),
    ]));
    let mut stream = Stream::open(&gateway, "/api/v1/events", &[]).await;
    let incident = stream.next(&["incident"]).await;
    assert_eq!(incident.data["alert"], "TargetDown");
    assert_eq!(incident.data["target"], "</script>\u{202e}");
    assert_eq!(incident.data["timeline"][0]["event"], "fired");
}

#[tokio::test]
async fn without_subscribers_no_source_is_polled() {
    let agent = agent_that(up(1)).await;
    let gateway = polling(sources(&[("PING_AGENT_METRICS_URL", &metrics_of(&agent))]));
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(requests(&agent).await, 0);
    let mut stream = Stream::open(&gateway, "/api/v1/events", &[]).await;
    stream.next(&["summary"]).await;
    assert_eq!(requests(&agent).await, 1);
    drop(stream);
    // A HEAD request is not a subscriber.
    let head = ask(&gateway, "HEAD", "/api/v1/events").await;
    assert_eq!((head.status.as_u16(), head.text.as_str()), (200, ""));
    tokio::time::sleep(Duration::from_millis(1800)).await;
    assert!(requests(&agent).await <= 2);
}

#[tokio::test]
async fn invalid_requests_are_rejected() {
    let gateway = routes::router(sources(&[support::NO_AGENT]));
    get(&gateway, "/api/v1/events?since=1").await.problem(400);
    let long = "x".repeat(65);
    get(&gateway, &format!("/api/v1/events?last_event_id={long}"))
        .await
        .problem(400);
    let post = ask(&gateway, "POST", "/api/v1/events").await;
    assert_eq!(post.status, 405);
    assert!(post.headers["allow"].to_str().unwrap().contains("GET"));
}
