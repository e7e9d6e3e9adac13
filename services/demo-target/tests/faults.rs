//! Faults that are set and cleared while the target runs, as a client sees them.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "in a test a panic is the message"
)]

mod support;

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use support::DemoTarget;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

const LIMIT: Duration = Duration::from_secs(5);

/// Sends a request over a new connection.
async fn request(demo: &DemoTarget, path: &str) -> TcpStream {
    let mut stream = TcpStream::connect(demo.0.address()).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    stream
}

#[tokio::test]
async fn a_target_fails_from_the_time_a_fault_is_set_until_it_is_cleared() {
    let demo = DemoTarget::start();
    let healthy = demo.get("/ok").await;
    assert_eq!(healthy.status(), 200);
    assert_eq!(healthy.text().await.unwrap(), "ok\n");
    demo.set("ok", r#"{"kind":"status","status":503}"#).await;
    let broken = demo.get("/ok").await;
    assert_eq!(broken.status(), 503);
    let problem: Value = broken.json().await.unwrap();
    assert_eq!(problem["detail"], "this fault is set on purpose");
    assert_eq!(demo.delete("/faults/ok").await.status(), 204);
    assert_eq!(demo.get("/ok").await.status(), 200);
}

#[tokio::test]
async fn targets_fail_independently_and_for_every_method() {
    let demo = DemoTarget::start();
    demo.set("eu", r#"{"kind":"status","status":500}"#).await;
    demo.set("us", r#"{"kind":"status","status":301}"#).await;
    assert_eq!(demo.get("/ok").await.status(), 200);
    let post = demo
        .0
        .client
        .post(demo.0.url("/t/eu"))
        .send()
        .await
        .unwrap();
    assert_eq!(post.status(), 500);
    assert_eq!(demo.get("/t/us").await.status(), 301);
    let listed: Value = demo.get("/faults").await.json().await.unwrap();
    assert_eq!(
        listed["faults"],
        json!({"eu": {"kind": "status", "status": 500}, "us": {"kind": "status", "status": 301}})
    );
    demo.delete("/faults").await;
    assert_eq!(demo.get("/t/eu").await.status(), 200);
}

#[tokio::test]
async fn latency_delays_the_response() {
    let demo = DemoTarget::start();
    demo.set("ok", r#"{"kind":"latency","milliseconds":150}"#)
        .await;
    let started = Instant::now();
    assert_eq!(demo.get("/ok").await.status(), 200);
    assert!(started.elapsed() >= Duration::from_millis(150));
}

#[tokio::test]
async fn a_dropped_connection_ends_without_a_response() {
    let demo = DemoTarget::start();
    demo.set("ok", r#"{"kind":"drop"}"#).await;
    let mut bytes = Vec::new();
    let mut stream = request(&demo, "/ok").await;
    let ended = timeout(LIMIT, stream.read_to_end(&mut bytes))
        .await
        .unwrap();
    assert!(ended.is_err() || bytes.is_empty(), "{bytes:?}");
}

#[tokio::test]
async fn a_hanging_target_accepts_the_request_and_sends_nothing() {
    let demo = DemoTarget::start();
    demo.set("ok", r#"{"kind":"hang"}"#).await;
    let mut stream = request(&demo, "/ok").await;
    let silence = timeout(Duration::from_millis(200), stream.read_u8()).await;
    assert!(silence.is_err(), "{silence:?}");
}

#[tokio::test]
async fn an_endless_body_goes_on_until_the_client_disconnects() {
    let demo = DemoTarget::start();
    demo.set("ok", r#"{"kind":"endless_body"}"#).await;
    let mut response = demo.get("/ok").await;
    assert_eq!(response.status(), 200);
    let mut received = 0;
    while received <= 2 * 64 * 1024 {
        received += timeout(LIMIT, response.chunk())
            .await
            .unwrap()
            .unwrap()
            .unwrap()
            .len();
    }
    drop(response);
    assert_eq!(demo.get("/healthz").await.status(), 200);
}

#[tokio::test]
async fn a_redirect_loop_leads_back_to_itself() {
    let demo = DemoTarget::start();
    demo.set("loop", r#"{"kind":"redirect_loop"}"#).await;
    let response = demo.get("/t/loop?a=1").await;
    assert_eq!(response.status(), 302);
    assert_eq!(response.headers()["location"], "/t/loop?a=1");
}

#[tokio::test]
async fn an_invalid_fault_is_rejected_and_changes_nothing() {
    let demo = DemoTarget::start();
    for (path, json, status) in [
        ("/faults/ok", r#"{"kind":"explode"}"#, 422),
        ("/faults/ok", r#"{"kind":"status","status":99}"#, 422),
        ("/faults/ok", r#"{"kind":"#, 400),
        ("/faults/not%20a%20name", r#"{"kind":"drop"}"#, 400),
    ] {
        let response = demo.put(path, json).await;
        assert_eq!(response.status(), status, "{path} {json}");
        assert_eq!(
            response.headers()["content-type"],
            "application/problem+json"
        );
        let problem: Value = response.json().await.unwrap();
        assert!(problem["detail"].as_str().unwrap().len() > 20, "{problem}");
    }
    assert_eq!(demo.get("/ok").await.status(), 200);
}

#[tokio::test]
async fn hanging_and_endless_responses_do_not_delay_the_shutdown() {
    let mut demo = DemoTarget::start();
    demo.set("hang", r#"{"kind":"hang"}"#).await;
    demo.set("endless", r#"{"kind":"endless_body"}"#).await;
    let _hanging = request(&demo, "/t/hang").await;
    let mut endless = request(&demo, "/t/endless").await;
    timeout(LIMIT, endless.read_u8()).await.unwrap().unwrap();
    let started = Instant::now();
    demo.0.process.terminate();
    let status = demo.0.process.exit(LIMIT).await;
    assert!(status.success(), "{status}");
    assert!(started.elapsed() < Duration::from_secs(2));
}
