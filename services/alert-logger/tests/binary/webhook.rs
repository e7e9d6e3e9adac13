//! `POST /` and `POST /webhook`.

use std::time::Duration;

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::harness::{AlertLogger, firing, resolved};

#[tokio::test]
async fn every_payload_is_written_unchanged_to_stdout_as_one_line() {
    let mut service = AlertLogger::ready(None).await;
    let mut odd = firing("a", 1);
    odd["alerts"][0]["labels"]["no\nte"] = json!("\u{2028}\u{0}\"\\ <script>");
    odd["new"] = json!([1, 2.50]);
    let pretty = serde_json::to_string_pretty(&odd).unwrap();
    assert_eq!(service.post("/", pretty).await.status(), StatusCode::OK);
    assert_eq!(service.0.stdout_line(), odd.to_string());
    for _ in 0..2 {
        assert_eq!(service.deliver(&resolved("a", 1)).await, StatusCode::OK);
    }
    let alerts = service.alerts("").await;
    assert_eq!(alerts["alerts"].as_array().unwrap().len(), 1);
    assert_eq!(
        service.metric("alert_logger_payloads_total").await,
        Some(3.0)
    );
    service.0.process.terminate();
    service.0.process.exit(Duration::from_secs(10)).await;
    // A repeated delivery is written, too. Nothing else is on stdout.
    assert_eq!(
        service.0.remaining_stdout(),
        vec![resolved("a", 1).to_string(); 2]
    );
}

#[tokio::test]
async fn an_invalid_payload_is_rejected_with_the_reason() {
    let service = AlertLogger::ready(None).await;
    let mut incomplete = firing("a", 1);
    incomplete["alerts"][0]
        .as_object_mut()
        .unwrap()
        .remove("startsAt");
    let long = format!("{{\"x\":\"{}\"}}", "x".repeat(4 * 1024 * 1024));
    for (body, status, reason) in [
        (String::new(), 400, "EOF"),
        ("alert!".to_owned(), 400, "expected value"),
        (
            json!({"version": "3"}).to_string(),
            400,
            "version is \"3\"; allowed: \"4\"",
        ),
        (incomplete.to_string(), 400, "alerts[0].startsAt is missing"),
        (long, 413, "larger than 4194304 bytes"),
    ] {
        let response = service.post("/webhook", body).await;
        assert_eq!(response.status(), status, "{reason}");
        assert_eq!(
            response.headers()["content-type"],
            "application/problem+json"
        );
        let problem: Value = response.json().await.unwrap();
        let detail = problem["detail"].as_str().unwrap();
        assert!(detail.contains(reason), "{detail}");
    }
    assert_eq!(
        service.metric("alert_logger_payloads_refused_total").await,
        Some(5.0)
    );
    assert_eq!(service.deliver(&firing("a", 1)).await, StatusCode::OK);
    assert_eq!(service.0.stdout_line(), firing("a", 1).to_string());
    assert_eq!(
        service.get("/webhook").await.status(),
        StatusCode::METHOD_NOT_ALLOWED
    );
}

#[tokio::test]
async fn the_watchdog_is_exported_as_a_time_and_is_not_in_the_history() {
    let dir = tempfile::tempdir().unwrap();
    let metric = "alert_logger_watchdog_last_received_timestamp_seconds";
    let mut service = AlertLogger::ready(Some(dir.path())).await;
    assert_eq!(service.metric(metric).await, None);
    assert_eq!(
        service.alerts("").await["watchdog"]["last_received_at"],
        Value::Null
    );
    let mut watchdog = firing("w", 1);
    watchdog["alerts"][0]["labels"]["alertname"] = json!("Watchdog");
    assert_eq!(service.deliver(&watchdog).await, StatusCode::OK);
    assert_eq!(service.0.stdout_line(), watchdog.to_string());
    let arrived = service.metric(metric).await.unwrap();
    assert!(arrived > 1.7e9, "{arrived}");
    service.0.process.kill();

    let service = AlertLogger::ready(Some(dir.path())).await;
    assert_eq!(service.metric(metric).await, Some(arrived));
    let history = service.alerts("").await;
    assert!(history["watchdog"]["last_received_at"].is_string());
    assert_eq!(history["alerts"], json!([]));
}
