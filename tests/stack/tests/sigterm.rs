//! On SIGTERM during a request, a service answers the request and exits with 0 within 5 s.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests: a panic is the message"
)]

use std::time::{Duration, Instant};

use serde_json::json;
use stack_tests::start;
use test_support::{Service, client, request_head, response, server};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const LIMIT: Duration = Duration::from_secs(5);

/// Starts a server that answers every request with `{}` after a second, and returns its URL.
async fn slow_upstream() -> String {
    let address = server(|mut stream, _| async move {
        request_head(&mut stream).await;
        tokio::time::sleep(Duration::from_secs(1)).await;
        let answer = response("200 OK", "connection: close\r\n", "{}");
        let _ = stream.write_all(answer.as_bytes()).await;
    })
    .await;
    format!("http://{address}")
}

/// Sends `request`, SIGTERM, and `rest`, and returns the status line of the response.
async fn terminate_during(mut service: Service, request: &str, rest: &str) -> String {
    let mut stream = TcpStream::connect(service.address()).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    tokio::time::sleep(Duration::from_millis(300)).await;
    let terminated = Instant::now();
    service.process.terminate();
    tokio::time::sleep(Duration::from_millis(300)).await;
    stream.write_all(rest.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    let status = service.process.exit(LIMIT).await;
    assert!(status.success(), "{status}");
    assert!(terminated.elapsed() <= LIMIT, "{:?}", terminated.elapsed());
    let answer = String::from_utf8_lossy(&answer).into_owned();
    // A truncated chunked body lacks its last chunk.
    let whole = !answer.contains("transfer-encoding: chunked") || answer.ends_with("0\r\n\r\n");
    assert!(whole, "the body was cut after {} bytes", answer.len());
    answer.lines().next().unwrap_or_default().to_owned()
}

fn get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n")
}

#[tokio::test]
async fn ping_agent() {
    // A response that does not fit into the socket's buffers.
    let targets: String = (0..3000)
        .map(|number| format!("[[target]]\nname = \"target-{number}\"\nurl = \"http://127.0.0.1:9/\"\ninterval_seconds = 3600\n"))
        .collect();
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), targets).unwrap();
    let path = file.path().to_str().unwrap().to_owned();
    let service = start("ping-agent", &[("PING_TARGETS_FILE", path)]);
    assert_eq!(
        terminate_during(service, &get("/metrics"), "").await,
        "HTTP/1.1 200 OK"
    );
}

#[tokio::test]
async fn api_gateway() {
    let upstream = slow_upstream().await;
    let service = start(
        "api-gateway",
        &[
            ("PING_AGENT_METRICS_URL", format!("{upstream}/metrics")),
            ("PING_TARGET_URLS", "http://127.0.0.1:9/".to_owned()),
            ("PROMETHEUS_URL", upstream),
        ],
    );
    let status = terminate_during(service, &get("/uptime-summary-windowed?window=5m"), "").await;
    // {} is not a valid response of Prometheus.
    assert_eq!(status, "HTTP/1.1 502 Bad Gateway");
}

#[tokio::test]
async fn alert_logger() {
    let service = start("alert-logger", &[]);
    let payload = json!({
        "version": "4", "groupKey": "{}", "truncatedAlerts": 0, "status": "firing", "receiver": "stdout",
        "groupLabels": {}, "commonLabels": {}, "commonAnnotations": {}, "externalURL": "http://localhost",
        "alerts": [{
            "status": "firing", "labels": {"alertname": "A"}, "annotations": {}, "fingerprint": "1",
            "startsAt": "2026-01-01T00:00:00Z", "endsAt": "0001-01-01T00:00:00Z", "generatorURL": "",
        }],
    })
    .to_string();
    let head = format!(
        "POST /webhook HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        payload.len()
    );
    let (first, rest) = payload.split_at(40);
    let status = terminate_during(service, &format!("{head}{first}"), rest).await;
    assert!(status.starts_with("HTTP/1.1 20"), "{status}");
}

#[tokio::test]
async fn dashboard_ui() {
    let upstream = slow_upstream().await;
    let service = start("dashboard-ui", &[("API_GATEWAY_URL", upstream)]);
    let status = terminate_during(service, &get("/"), "").await;
    assert!(status.starts_with("HTTP/1.1 "), "{status}");
}

#[tokio::test]
async fn demo_target() {
    let service = start("demo-target", &[]);
    let fault = json!({"kind": "latency", "milliseconds": 1000});
    let answer = client()
        .put(service.url("/faults/ok"))
        .json(&fault)
        .send()
        .await
        .unwrap();
    assert!(answer.status().is_success());
    assert_eq!(
        terminate_during(service, &get("/ok"), "").await,
        "HTTP/1.1 200 OK"
    );
}
