//! Starts the program and sends requests to it.

use std::path::Path;
use std::process::{Command, Stdio};

use reqwest::{Response, StatusCode};
use serde_json::{Value, json};
use test_support::{Service, command, until};

const PROGRAM: &str = env!("CARGO_BIN_EXE_alert-logger");

/// A running alert-logger.
pub struct AlertLogger(pub Service);

/// Returns the command of the program, with its stdout captured.
pub fn program(log_dir: Option<&Path>) -> Command {
    with_environment(PROGRAM, log_dir)
}

/// Returns the command of a shell that executes `prelude` and then the program.
pub fn program_after(prelude: &str, log_dir: &Path) -> Command {
    let mut shell = with_environment("sh", Some(log_dir));
    shell.args(["-c", &format!("{prelude}\nexec \"$0\""), PROGRAM]);
    shell
}

fn with_environment(program: &str, log_dir: Option<&Path>) -> Command {
    let log_dir = log_dir.map(|dir| ("ALERT_LOG_DIR", dir));
    let mut command = command(program, log_dir.as_slice());
    command.stdout(Stdio::piped());
    command
}

impl AlertLogger {
    /// Starts the program and waits until it listens.
    pub fn start(command: Command) -> Self {
        Self(Service::spawn(command))
    }

    /// Starts the program and waits until it is ready.
    pub async fn ready(log_dir: Option<&Path>) -> Self {
        let service = Self::start(program(log_dir));
        service.wait_until_ready().await;
        service
    }

    pub async fn wait_until_ready(&self) {
        let is_ready = async || self.get("/readyz").await.status() == StatusCode::OK;
        until("alert-logger is ready", is_ready).await;
    }

    pub async fn get(&self, path: &str) -> Response {
        self.0.get(path).await
    }

    pub async fn post(&self, path: &str, body: impl Into<reqwest::Body>) -> Response {
        let request = self.0.client.post(self.0.url(path));
        let request = request.header("content-type", "application/json");
        request.body(body).send().await.unwrap()
    }

    /// Delivers a payload and returns the status of the response.
    pub async fn deliver(&self, payload: &Value) -> StatusCode {
        self.post("/webhook", payload.to_string()).await.status()
    }

    /// Fetches a page of the history.
    pub async fn alerts(&self, query: &str) -> Value {
        let response = self.get(&format!("/api/v1/alerts{query}")).await;
        assert_eq!(response.status(), StatusCode::OK);
        response.json().await.unwrap()
    }

    /// Returns the value of a metric without labels, if it exists.
    pub async fn metric(&self, name: &str) -> Option<f64> {
        let text = self.get("/metrics").await.text().await.unwrap();
        let value = text
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(' '))?;
        Some(value.parse().unwrap())
    }
}

/// Returns a payload with one alert that has fired since `second` of a certain minute.
pub fn firing(fingerprint: &str, second: u32) -> Value {
    payload(fingerprint, "firing", second, "0001-01-01T00:00:00Z")
}

/// Returns a payload with the same alert, resolved.
pub fn resolved(fingerprint: &str, second: u32) -> Value {
    payload(fingerprint, "resolved", second, "2026-11-23T02:50:00Z")
}

fn payload(fingerprint: &str, status: &str, second: u32, ends_at: &str) -> Value {
    let labels = json!({"alertname": "TargetDown", "target": fingerprint});
    json!({
        "version": "4",
        "groupKey": "{}:{alertname=\"TargetDown\"}",
        "truncatedAlerts": 0,
        "status": status,
        "receiver": "stdout",
        "groupLabels": labels,
        "commonLabels": labels,
        "commonAnnotations": {},
        "externalURL": "http://alertmanager:9093",
        "alerts": [{
            "status": status,
            "labels": labels,
            "annotations": {"summary": "it is down"},
            "startsAt": format!("2026-11-23T02:45:{second:02}Z"),
            "endsAt": ends_at,
            "generatorURL": "http://prometheus:9090/graph",
            "fingerprint": fingerprint
        }]
    })
}
