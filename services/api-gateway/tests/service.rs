//! The program: its readiness, its shutdown and its root certificates.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

mod support;

use std::time::{Duration, Instant};

use serde_json::Value;
use support::{agent, dead_url, metrics_of};
use test_support::{Service, command, eventually, get_json};

/// The timeout for each step of a test.
const DEADLINE: Duration = Duration::from_secs(10);

const PROGRAM: &str = env!("CARGO_BIN_EXE_api-gateway");

fn start(variables: &[(&str, &str)]) -> Service {
    Service::start(PROGRAM, variables)
}

#[tokio::test]
async fn sigterm_ends_open_streams_and_the_program_without_delay() {
    let agent = agent("").await;
    let mut service = start(&[("PING_AGENT_METRICS_URL", &metrics_of(&agent))]);
    let mut streams = Vec::new();
    for _ in 0..3 {
        let mut stream = service.get("/api/v1/events").await;
        assert_eq!(stream.status(), 200);
        stream.chunk().await.unwrap();
        streams.push(stream);
    }
    let began = Instant::now();
    service.process.terminate();
    for mut stream in streams {
        while stream.chunk().await.expect("an orderly end").is_some() {}
    }
    let exited = service.process.exit(DEADLINE).await;
    assert_eq!(exited.code(), Some(0));
    assert!(
        began.elapsed() < Duration::from_secs(2),
        "{:?}",
        began.elapsed()
    );
}

#[tokio::test]
async fn without_root_certificates_a_gateway_serves_plain_http() {
    let agent = agent("").await;
    let service = start(&[
        ("PING_AGENT_METRICS_URL", &metrics_of(&agent)),
        ("PROMETHEUS_URL", &dead_url()),
        ("SSL_CERT_FILE", "/nowhere"),
    ]);
    assert_eq!(service.get("/healthz").await.status(), 200);
}

#[tokio::test]
async fn without_root_certificates_an_https_url_is_rejected() {
    let variables = [
        ("PING_AGENT_METRICS_URL", "http://127.0.0.1:1/metrics"),
        ("PROMETHEUS_URL", "https://user:secret@store.example/prefix"),
        ("SSL_CERT_FILE", "/nowhere"),
    ];
    let program = command(PROGRAM, &variables).output().unwrap();
    let stderr = String::from_utf8(program.stderr).unwrap();
    assert_eq!(program.status.code(), Some(1), "{stderr}");
    let error = "no trusted root certificates for https://store.example: install ca-certificates";
    assert!(
        stderr.contains(error) && !stderr.contains("secret"),
        "{stderr}"
    );
}

#[tokio::test]
async fn a_ready_gateway_reports_that_it_is_blind() {
    let agent = agent("").await;
    let service = start(&[
        ("PING_AGENT_METRICS_URL", &metrics_of(&agent)),
        ("PROMETHEUS_URL", &dead_url()),
    ]);
    let ready = &service.url("/readyz");
    let ready: Value = eventually("the gateway is ready", || get_json(ready)).await;
    assert_eq!(ready["status"], "ready");
    let notice = ready["notices"][0].as_str().unwrap();
    assert!(notice.starts_with("blind: since 2"), "{notice}");
    assert!(notice.contains("Prometheus is unavailable"), "{notice}");
}
