//! Blank variables and damaged files. Rejected configurations are in `fixtures/wrong_config`.

use serde_json::Value;
use stack_tests::start;
use test_support::{eventually, get_json, get_text};

#[tokio::test]
async fn a_blank_variable_counts_as_unset() {
    let blank = |name| (name, " ".to_owned());
    let agent = [
        blank("PING_INTERVAL_SECONDS"),
        blank("PING_TIMEOUT_SECONDS"),
        blank("PING_SHARD"),
        blank("RUST_LOG"),
        blank("CONFIG_FILE"),
        ("PING_TARGET_URLS", "http://127.0.0.1:9/".to_owned()),
    ];
    drop(start("ping-agent", &agent));
    let gateway = [
        (
            "PING_AGENT_METRICS_URL",
            "http://127.0.0.1:9/metrics".to_owned(),
        ),
        blank("PROMETHEUS_URL"),
        blank("PROMETHEUS_QUERY_CACHE_SECONDS"),
        blank("ALERT_LOGGER_URL"),
    ];
    drop(start("api-gateway", &gateway));
    let logger = [
        blank("ALERT_LOG_DIR"),
        blank("ALERTMANAGER_URL"),
        blank("LOG_FORMAT"),
    ];
    drop(start("alert-logger", &logger));
}

/// Returns a line of the log as alert-logger wrote it before it had checksums.
fn old_line(fingerprint: &str) -> String {
    format!(
        "{{\"fingerprint\":\"{fingerprint}\",\"starts_at\":\"2026-11-23T02:45:00Z\",\"ends_at\":null,\
         \"labels\":{{\"alertname\":\"TargetDown\"}},\"annotations\":{{}},\"generator_url\":\"\",\
         \"first_received_at\":\"2026-11-23T02:45:01Z\",\"resolved_received_at\":null}}\n"
    )
}

#[tokio::test]
async fn a_flipped_bit_in_the_logs_header_does_not_keep_alert_logger_from_starting() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("alerts.jsonl");
    // '1' with a bit flipped is '9'.
    let header = "{\"format\":\"uptimepulse-alert-log\",\"version\":9}\n";
    std::fs::write(&path, [header, &old_line("a"), &old_line("b")].concat()).unwrap();
    let folder = ("ALERT_LOG_DIR", dir.path().to_str().unwrap().to_owned());
    let service = start("alert-logger", &[folder]);
    let history = get_json(&service.url("/api/v1/alerts")).await.unwrap();
    let names: Vec<_> = history["alerts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| &it["fingerprint"])
        .collect();
    assert_eq!(names, ["a", "b"]);
    assert!(dir.path().join("alerts.jsonl.corrupt-1").exists());
}

#[tokio::test]
async fn an_alert_with_a_flipped_bit_is_left_out() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("alerts.jsonl");
    let folder = [("ALERT_LOG_DIR", dir.path().to_str().unwrap().to_owned())];
    std::fs::write(
        &path,
        ["damaged\n", &old_line("first"), &old_line("second")].concat(),
    )
    .unwrap();
    // alert-logger rewrites a damaged log with checksums.
    let service = start("alert-logger", &folder);
    eventually("the log is rewritten", async || {
        let text = std::fs::read_to_string(&path).ok()?;
        (text.matches("\"crc32c\":").count() == 3).then_some(())
    })
    .await;
    drop(service);
    let text = std::fs::read_to_string(&path).unwrap();
    for line in text.lines() {
        serde_json::from_str::<Value>(line).expect("jq reads every line");
    }
    // A year later: 2026 with a bit flipped is 2027.
    std::fs::write(
        &path,
        text.replacen(
            "first\",\"starts_at\":\"2026",
            "first\",\"starts_at\":\"2027",
            1,
        ),
    )
    .unwrap();
    let service = start("alert-logger", &folder);
    let history = get_json(&service.url("/api/v1/alerts")).await.unwrap();
    let alerts = history["alerts"].as_array().unwrap();
    assert_eq!(alerts.len(), 1);
    assert_eq!(alerts[0]["fingerprint"], "second");
    let metrics = get_text(&service.url("/metrics")).await.unwrap();
    assert!(metrics.contains("\nalert_logger_log_unreadable_lines_total 1\n"));
}
