//! demo-target as a process, on ports of its own.
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "each test file uses its part; in a test a panic is the message"
)]

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

/// A running demo-target; killed when dropped.
pub struct DemoTarget {
    process: Child,
    http: SocketAddr,
    https: Option<SocketAddr>,
    pub client: reqwest::Client,
}

impl DemoTarget {
    pub fn start() -> Self {
        Self::start_with(&[])
    }

    pub fn start_with_tls() -> Self {
        Self::start_with(&[("TLS_LISTEN_ADDR", "127.0.0.1:0")])
    }

    pub fn start_with(variables: &[(&str, &str)]) -> Self {
        let mut process = command()
            .env("LISTEN_ADDR", "127.0.0.1:0")
            .env("LOG_FORMAT", "json")
            .envs(variables.iter().copied())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut log = BufReader::new(process.stderr.take().unwrap()).lines();
        let mut listener = || -> SocketAddr {
            let line = log
                .find(|line| line.as_ref().is_ok_and(|line| line.contains("listens")))
                .unwrap()
                .unwrap();
            let line: Value = serde_json::from_str(&line).unwrap();
            line["address"].as_str().unwrap().parse().unwrap()
        };
        let http = listener();
        let tls = variables.iter().any(|(name, _)| *name == "TLS_LISTEN_ADDR");
        let https = tls.then(&mut listener);
        // The process would block on a full pipe.
        std::thread::spawn(move || log.for_each(drop));
        Self {
            process,
            http,
            https,
            client: service_kit::http_client([], Duration::from_secs(10)).unwrap(),
        }
    }

    pub fn address(&self) -> SocketAddr {
        self.http
    }

    pub fn tls_address(&self) -> SocketAddr {
        self.https.unwrap()
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.http)
    }

    pub async fn get(&self, path: &str) -> reqwest::Result<reqwest::Response> {
        self.client.get(self.url(path)).send().await
    }

    pub async fn put(&self, path: &str, json: &'static str) -> reqwest::Response {
        let request = self.client.put(self.url(path)).body(json);
        request.send().await.unwrap()
    }

    pub async fn delete(&self, path: &str) -> reqwest::Response {
        self.client.delete(self.url(path)).send().await.unwrap()
    }

    pub async fn set(&self, name: &str, fault: &'static str) {
        let response = self.put(&format!("/faults/{name}"), fault).await;
        assert_eq!(response.status(), 200, "{fault}");
    }

    pub fn terminate(mut self) -> ExitStatus {
        let pid = Pid::from_child(&self.process);
        kill_process(pid, Signal::TERM).unwrap();
        self.process.wait().unwrap()
    }
}

impl Drop for DemoTarget {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// demo-target without any setting.
pub fn command() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_demo-target"));
    command.env_clear();
    command
}
