//! The program itself: what it says of the lab while it runs, and how it ends.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

mod support;

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use support::{agent, metrics_of, nobody};

/// How long anything may take before a test gives up.
const DEADLINE: Duration = Duration::from_secs(10);

/// A running gateway. It is killed when this is dropped.
struct Service {
    child: Child,
    url: String,
}

impl Service {
    /// Starts the program on a free port and waits until it listens.
    fn start(variables: &[(&str, &str)]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_api-gateway"))
            .env_clear()
            .envs([("LISTEN_ADDR", "127.0.0.1:0"), ("LOG_FORMAT", "json")])
            .envs(variables.iter().copied())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut log = BufReader::new(child.stderr.take().unwrap()).lines();
        let url = loop {
            let line = log.next().expect("it says that it listens").unwrap();
            let line: Value = serde_json::from_str(&line).unwrap_or_default();
            if line["message"] == "api-gateway listens" {
                break format!("http://{}", line["address"].as_str().unwrap());
            }
        };
        std::thread::spawn(move || log.for_each(drop));
        Self { child, url }
    }

    async fn get(&self, path: &str) -> reqwest::Response {
        let client = service_kit::http_client([], DEADLINE).unwrap();
        let request = client.get(format!("{}{path}", self.url));
        request.send().await.unwrap()
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test]
async fn open_streams_end_with_sigterm_and_do_not_hold_it_up() {
    let agent = agent("").await;
    let mut service = Service::start(&[("PING_AGENT_METRICS_URL", &metrics_of(&agent))]);
    let mut streams = Vec::new();
    for _ in 0..3 {
        let mut stream = service.get("/api/v1/events").await;
        assert_eq!(stream.status(), 200);
        stream.chunk().await.unwrap();
        streams.push(stream);
    }
    let began = Instant::now();
    let pid = Pid::from_child(&service.child);
    kill_process(pid, Signal::TERM).unwrap();
    for mut stream in streams {
        while stream.chunk().await.expect("an orderly end").is_some() {}
    }
    let exited = tokio::task::spawn_blocking(move || service.child.wait().unwrap());
    let exited = tokio::time::timeout(DEADLINE, exited).await.unwrap();
    assert_eq!(exited.unwrap().code(), Some(0));
    assert!(
        began.elapsed() < Duration::from_secs(2),
        "{:?}",
        began.elapsed()
    );
}

#[tokio::test]
async fn without_root_certificates_a_gateway_serves_plain_http() {
    let agent = agent("").await;
    let service = Service::start(&[
        ("PING_AGENT_METRICS_URL", &metrics_of(&agent)),
        ("PROMETHEUS_URL", &nobody()),
        ("SSL_CERT_FILE", "/nowhere"),
    ]);
    assert_eq!(service.get("/healthz").await.status(), 200);
}

#[tokio::test]
async fn without_root_certificates_an_https_url_is_refused_by_name() {
    let program = Command::new(env!("CARGO_BIN_EXE_api-gateway"))
        .env_clear()
        .envs([
            ("LISTEN_ADDR", "127.0.0.1:0"),
            ("PING_AGENT_METRICS_URL", "http://127.0.0.1:1/metrics"),
            ("PROMETHEUS_URL", "https://user:secret@store.example/prefix"),
            ("SSL_CERT_FILE", "/nowhere"),
        ])
        .output()
        .unwrap();
    let said = String::from_utf8(program.stderr).unwrap();
    assert_eq!(program.status.code(), Some(1), "{said}");
    let why = "no trusted root certificates for https://store.example: install ca-certificates";
    assert!(said.contains(why) && !said.contains("secret"), "{said}");
}

#[tokio::test]
async fn a_ready_gateway_says_that_it_is_blind() {
    let agent = agent("").await;
    let service = Service::start(&[
        ("PING_AGENT_METRICS_URL", &metrics_of(&agent)),
        ("PROMETHEUS_URL", &nobody()),
    ]);
    let began = Instant::now();
    let ready = loop {
        let answer = service.get("/readyz").await;
        if answer.status() == 200 {
            break answer.json::<Value>().await.unwrap();
        }
        assert!(began.elapsed() < DEADLINE, "not ready");
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    assert_eq!(ready["status"], "ready");
    let notice = ready["notices"][0].as_str().unwrap();
    assert!(notice.starts_with("blind: since 2"), "{notice}");
    assert!(notice.contains("Prometheus is away"), "{notice}");
}
