//! A lab in a state folder and on ports of its own, started and stopped as a user does it.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use rustix::process::Pid;
use serde_json::Value;
use tempfile::TempDir;

use crate::{client, free_ports, get_json, print_tail, within};

/// A running lab. It is taken down when dropped.
#[derive(Debug)]
pub struct Lab {
    installation: Installation,
    state_dir: TempDir,
    port_base: u16,
    arguments: Vec<String>,
    environment: Vec<(String, String)>,
}

/// Where a lab comes from.
#[derive(Debug)]
struct Installation {
    program: PathBuf,
    root: PathBuf,
    parts: Vec<&'static str>,
}

/// What a lab is started with.
#[derive(Debug)]
pub struct LabBuilder {
    installation: Installation,
    port_base: u16,
    folder_prefix: String,
    arguments: Vec<String>,
    environment: Vec<(String, String)>,
}

impl LabBuilder {
    /// Probes `url` instead of the default targets.
    #[must_use]
    pub fn url(mut self, url: impl Into<String>) -> Self {
        self.arguments.push(url.into());
        self
    }

    /// The URL of an endpoint of the demo target that this lab is going to have.
    #[must_use]
    pub fn demo_url(&self, path: &str) -> String {
        self.installation.url(self.port_base, "demo-target", path)
    }

    /// Keeps its state in a folder whose name begins so.
    #[must_use]
    pub fn folder(mut self, prefix: &str) -> Self {
        prefix.clone_into(&mut self.folder_prefix);
        self
    }

    /// Sets a variable for `./lab up`.
    #[must_use]
    pub fn variable(mut self, name: &str, value: impl Into<String>) -> Self {
        self.environment.push((name.to_owned(), value.into()));
        self
    }

    /// Starts the lab and returns when it says that it is up.
    ///
    /// # Panics
    /// `./lab up --detach` fails.
    #[must_use]
    pub fn up(self) -> Lab {
        let lab = self.down();
        lab.up_again();
        lab
    }

    /// The lab, not started yet.
    ///
    /// # Panics
    /// There is no room for its folder.
    #[must_use]
    pub fn down(self) -> Lab {
        Lab {
            installation: self.installation,
            state_dir: tempfile::Builder::new()
                .prefix(&self.folder_prefix)
                .tempdir()
                .expect("a folder"),
            port_base: self.port_base,
            arguments: self.arguments,
            environment: self.environment,
        }
    }
}

impl Lab {
    /// A lab that probes the default targets, unless told otherwise. `program` is the lab's, `root` the checkout that it
    /// reads, and `parts` have their ports in this order. (The order is the lab's, and this crate does not depend on it.)
    #[must_use]
    pub fn builder(program: PathBuf, root: PathBuf, parts: Vec<&'static str>) -> LabBuilder {
        // One more for the demo target's TLS listener.
        let ports = u16::try_from(parts.len() + 1).expect("few parts");
        LabBuilder {
            installation: Installation {
                program,
                root,
                parts,
            },
            port_base: free_ports(ports),
            folder_prefix: "lab-".to_owned(),
            arguments: Vec::new(),
            environment: Vec::new(),
        }
    }

    /// Starts the lab after [`Lab::down`], in the same folder and on the same ports.
    ///
    /// # Panics
    /// `./lab up --detach` fails.
    pub fn up_again(&self) {
        let output = self.try_up();
        assert!(
            output.status.success(),
            "./lab up --detach: {}\n{}{}",
            output.status,
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
    }

    /// Runs `./lab up --detach`, whatever comes of it.
    #[must_use]
    pub fn try_up(&self) -> Output {
        let base = self.port_base.to_string();
        let mut arguments = vec!["up", "--detach", "--port-base", &base];
        arguments.extend(self.arguments.iter().map(String::as_str));
        self.run(&arguments)
    }

    /// Runs a lab command in this lab's state folder.
    ///
    /// # Panics
    /// The program cannot be started.
    #[must_use]
    pub fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().expect("the lab starts")
    }

    /// A lab command in this lab's state folder.
    #[must_use]
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.installation.program);
        command
            .args(arguments)
            .arg("--state-dir")
            .arg(self.state_dir.path())
            .env("LAB_ROOT", &self.installation.root)
            .envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Stops the lab; its state folder stays.
    ///
    /// # Panics
    /// `./lab down` fails.
    pub fn down(&self) {
        let output = self.run(&["down"]);
        assert!(
            output.status.success(),
            "./lab down: {}",
            String::from_utf8_lossy(&output.stderr)
        );
    }

    /// `http://127.0.0.1:PORT` + `path` of a part.
    #[must_use]
    pub fn url(&self, part: &str, path: &str) -> String {
        self.installation.url(self.port_base, part, path)
    }

    /// The first of its ports.
    #[must_use]
    pub fn port_base(&self) -> u16 {
        self.port_base
    }

    /// The parts as `./lab status --json` shows them, and its exit code.
    ///
    /// # Panics
    /// The answer is not what the contract says.
    #[must_use]
    pub fn parts(&self) -> (Value, i32) {
        let output = self.run(&["status", "--json"]);
        let status: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        (
            status["parts"].clone(),
            output.status.code().expect("no signal"),
        )
    }

    /// What `./lab status --json` says of a part.
    #[must_use]
    pub fn status(&self, part: &str) -> Value {
        let (parts, _) = self.parts();
        let mut parts = parts.as_array().expect("parts").iter();
        let found = parts.find(|entry| entry["name"] == part);
        found.cloned().unwrap_or(Value::Null)
    }

    /// The processes of all parts.
    #[must_use]
    pub fn pids(&self) -> Vec<Pid> {
        let (parts, _) = self.parts();
        let parts = parts.as_array().expect("parts").iter();
        parts.filter_map(pid).collect()
    }

    /// The process of a part.
    ///
    /// # Panics
    /// It does not run.
    #[must_use]
    pub fn pid(&self, part: &str) -> Pid {
        pid(&self.status(part)).expect("it runs")
    }

    /// What a part wrote to stdout and stderr.
    #[must_use]
    pub fn log(&self, part: &str) -> String {
        std::fs::read_to_string(self.log_file(part)).unwrap_or_default()
    }

    fn log_file(&self, part: &str) -> PathBuf {
        self.state_dir().join(format!("logs/{part}.log"))
    }

    /// The payloads that alert-logger wrote to stdout.
    #[must_use]
    pub fn payloads(&self) -> Vec<Value> {
        let log = self.log("alert-logger");
        log.lines()
            .filter(|line| line.starts_with('{'))
            .filter_map(|line| serde_json::from_str(line).ok())
            .collect()
    }

    /// The alerts in alert-logger's history.
    pub async fn history(&self) -> Vec<Value> {
        let answer = get_json(&self.url("alert-logger", "/api/v1/alerts")).await;
        answer
            .and_then(|answer| answer["alerts"].as_array().cloned())
            .unwrap_or_default()
    }

    /// The result of an instant PromQL query; empty where Prometheus does not answer.
    pub async fn query(&self, promql: &str) -> Vec<Value> {
        let request = client()
            .get(self.url("prometheus", "/api/v1/query"))
            .query(&[("query", promql)]);
        let answer: Option<Value> = async { request.send().await.ok()?.json().await.ok() }.await;
        answer
            .and_then(|answer| answer["data"]["result"].as_array().cloned())
            .unwrap_or_default()
    }

    /// Waits until Prometheus has seen the demo target up.
    ///
    /// # Panics
    /// It has not after two intervals and a scrape.
    pub async fn has_history(&self) {
        let limit = std::time::Duration::from_secs(40);
        let query = "ping_success_total{target=\"demo\"} > 0";
        within(limit, "Prometheus has history", || async {
            self.query(query).await.pop()
        })
        .await;
    }

    /// The state folder.
    #[must_use]
    pub fn state_dir(&self) -> &Path {
        self.state_dir.path()
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        if std::thread::panicking() {
            println!("{}", String::from_utf8_lossy(&self.run(&["status"]).stdout));
            for part in [
                "lab",
                "ping-agent",
                "alert-logger",
                "alertmanager",
                "prometheus",
            ] {
                print_tail(part, &self.log_file(part));
            }
        }
        let _ = self.run(&["down"]);
    }
}

impl Installation {
    fn url(&self, port_base: u16, part: &str, path: &str) -> String {
        let index = self.parts.iter().position(|name| *name == part);
        let index = u16::try_from(index.expect("a part's name")).expect("few parts");
        format!("http://127.0.0.1:{}{path}", port_base + index)
    }
}

fn pid(part: &Value) -> Option<Pid> {
    Pid::from_raw(i32::try_from(part["pid"].as_i64()?).ok()?)
}
