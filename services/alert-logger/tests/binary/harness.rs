//! Starts the program and talks to it.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use reqwest::{Client, Response, StatusCode};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

const PROGRAM: &str = env!("CARGO_BIN_EXE_alert-logger");

/// How long anything may take before a test gives up.
pub const DEADLINE: Duration = Duration::from_secs(10);

/// A running alert-logger. It is killed when this is dropped.
pub struct Service {
    child: Child,
    /// `http://ADDRESS`
    pub url: String,
    pub client: Client,
    stdout: Receiver<String>,
}

/// The program, set to listen on a free port.
pub fn program(log_dir: Option<&Path>) -> Command {
    with_environment(Command::new(PROGRAM), log_dir)
}

/// The program, run by a shell that first executes `prelude`.
pub fn program_after(prelude: &str, log_dir: &Path) -> Command {
    let mut shell = Command::new("sh");
    shell.args(["-c", &format!("{prelude}\nexec \"$0\""), PROGRAM]);
    with_environment(shell, Some(log_dir))
}

fn with_environment(mut command: Command, log_dir: Option<&Path>) -> Command {
    command
        .env_clear()
        .envs([("LISTEN_ADDR", "127.0.0.1:0"), ("LOG_FORMAT", "json")])
        .envs(log_dir.map(|dir| ("ALERT_LOG_DIR", dir)))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// The lines of a pipe, as they come.
fn lines(pipe: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(pipe).lines().map_while(Result::ok) {
            let _ = sender.send(line);
        }
    });
    receiver
}

impl Service {
    /// Starts the program and waits until it listens.
    pub fn start(mut command: Command) -> Self {
        let mut child = command.spawn().unwrap();
        let log = lines(child.stderr.take().unwrap());
        let url = loop {
            let line = log.recv_timeout(DEADLINE).expect("it says that it listens");
            let line: Value = serde_json::from_str(&line).unwrap_or_default();
            if line["message"] == "alert-logger listens" {
                break format!("http://{}", line["address"].as_str().unwrap());
            }
        };
        let stdout = child.stdout.take().map_or_else(|| channel().1, lines);
        let client = service_kit::http_client([], DEADLINE).unwrap();
        Self {
            child,
            url,
            client,
            stdout,
        }
    }

    /// A service that is ready.
    pub async fn ready(log_dir: Option<&Path>) -> Self {
        let service = Self::start(program(log_dir));
        service.wait_until_ready().await;
        service
    }

    pub async fn wait_until_ready(&self) {
        let began = Instant::now();
        while self.get("/readyz").await.status() != StatusCode::OK {
            assert!(began.elapsed() < DEADLINE, "not ready");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    pub async fn get(&self, path: &str) -> Response {
        let url = format!("{}{path}", self.url);
        self.client.get(url).send().await.unwrap()
    }

    pub async fn post(&self, path: &str, body: impl Into<reqwest::Body>) -> Response {
        let request = self.client.post(format!("{}{path}", self.url));
        let request = request.header("content-type", "application/json");
        request.body(body).send().await.unwrap()
    }

    /// Delivers a payload, and gives the status.
    pub async fn deliver(&self, payload: &Value) -> StatusCode {
        self.post("/webhook", payload.to_string()).await.status()
    }

    /// The first page of the history.
    pub async fn alerts(&self, query: &str) -> Value {
        let response = self.get(&format!("/api/v1/alerts{query}")).await;
        assert_eq!(response.status(), StatusCode::OK);
        response.json().await.unwrap()
    }

    /// The value of a metric without labels, if it is there.
    pub async fn metric(&self, name: &str) -> Option<f64> {
        let text = self.get("/metrics").await.text().await.unwrap();
        let value = text
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(' '))?;
        Some(value.parse().unwrap())
    }

    /// The next line on stdout.
    pub fn line(&self) -> String {
        self.stdout.recv_timeout(DEADLINE).unwrap()
    }

    /// What is on stdout and not read yet, once the program has ended.
    pub fn remaining_lines(&self) -> Vec<String> {
        self.stdout.iter().collect()
    }

    pub fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    pub fn terminate(&self) {
        kill_process(self.pid(), Signal::TERM).unwrap();
    }

    /// Ends it without a warning.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Waits for it to end by itself.
    pub fn wait(&mut self) -> ExitStatus {
        wait(&mut self.child)
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Waits for a program to end by itself.
pub fn wait(child: &mut Child) -> ExitStatus {
    let began = Instant::now();
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return status;
        }
        if began.elapsed() > DEADLINE {
            let _ = child.kill();
            panic!("it did not end");
        }
        std::thread::park_timeout(Duration::from_millis(10));
    }
}

/// A payload with one alert that fires since `second` of a certain minute.
pub fn firing(fingerprint: &str, second: u32) -> Value {
    payload(fingerprint, "firing", second, "0001-01-01T00:00:00Z")
}

/// The same alert, resolved.
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
