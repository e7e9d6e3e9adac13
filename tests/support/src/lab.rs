//! A lab with its own state folder and ports, started and stopped as a user does it.

use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::net::{Ipv4Addr, SocketAddr};
use std::os::unix::fs::{OpenOptionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use rustix::process::Pid;
use serde_json::Value;
use tempfile::TempDir;

use crate::attached::Attached;
use crate::{client, free_ports, get_json, print_tail, within};

/// A lab with its own state folder and ports. It is stopped when dropped.
#[derive(Debug)]
pub struct Lab {
    attached: Option<Attached>,
    installation: Installation,
    state_dir: TempDir,
    port_base: u16,
    arguments: Vec<String>,
    environment: Vec<(String, String)>,
}

/// The program and the checkout of a lab.
#[derive(Debug)]
struct Installation {
    program: PathBuf,
    root: PathBuf,
    /// The root, if the lab has its own ([`LabBuilder::targets`]).
    _own_root: Option<TempDir>,
    parts: Vec<&'static str>,
}

/// The settings of a lab.
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

    /// Probes the targets of this `targets.toml` (text, with the cluster's addresses) instead of the default ones. The lab
    /// gets its own root, which links to the other files of the checkout and to the downloaded servers in `tools`.
    ///
    /// # Errors
    /// The root can't be created.
    pub fn targets(mut self, targets: &str, tools: &Path) -> io::Result<Self> {
        let root = tempfile::Builder::new().prefix("lab-root-").tempdir()?;
        let source = self.installation.root.join("monitoring");
        let monitoring = root.path().join("monitoring");
        std::fs::create_dir(&monitoring)?;
        for entry in std::fs::read_dir(&source)? {
            let name = entry?.file_name();
            if name != "targets.toml" {
                symlink(source.join(&name), monitoring.join(&name))?;
            }
        }
        // The agent rejects passwords in a file that others can read.
        let mut options = OpenOptions::new();
        options.write(true).create_new(true).mode(0o600);
        let mut file = options.open(monitoring.join("targets.toml"))?;
        file.write_all(targets.as_bytes())?;
        std::fs::create_dir(root.path().join(".lab"))?;
        symlink(tools, root.path().join(".lab/tools"))?;
        self.installation.root = root.path().to_owned();
        self.installation._own_root = Some(root);
        Ok(self)
    }

    /// Returns the URL of an endpoint of the lab's demo target.
    #[must_use]
    pub fn demo_url(&self, path: &str) -> String {
        self.installation.url(self.port_base, "demo-target", path)
    }

    /// Sets the prefix of the state folder's name.
    #[must_use]
    pub fn folder(mut self, prefix: &str) -> Self {
        prefix.clone_into(&mut self.folder_prefix);
        self
    }

    /// Sets an environment variable of `./lab up`.
    #[must_use]
    pub fn variable(mut self, name: &str, value: impl Into<String>) -> Self {
        self.environment.push((name.to_owned(), value.into()));
        self
    }

    /// Starts the lab and returns when it is up.
    #[must_use]
    pub fn up(self) -> Lab {
        let lab = self.build();
        lab.up_again();
        lab
    }

    /// Returns the lab without starting it.
    #[must_use]
    pub fn build(self) -> Lab {
        Lab {
            attached: None,
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
    /// Prepares a lab that probes the default targets. `program` is the built `lab`, `root` the checkout that it reads, and
    /// `parts` the parts in the order of their ports, which the crate `lab` defines (this crate does not depend on it).
    #[must_use]
    pub fn builder(program: PathBuf, root: PathBuf, parts: Vec<&'static str>) -> LabBuilder {
        // The last port is that of the demo target's TLS listener.
        let ports = u16::try_from(parts.len() + 1).expect("few parts");
        LabBuilder {
            installation: Installation {
                program,
                root,
                _own_root: None,
                parts,
            },
            port_base: free_ports(ports),
            folder_prefix: "lab-".to_owned(),
            arguments: Vec::new(),
            environment: Vec::new(),
        }
    }

    /// Starts the lab in its folder and on its ports, as after [`Lab::down`].
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

    /// Runs `./lab up --detach` and returns its output, also if it fails.
    #[must_use]
    pub fn try_up(&self) -> Output {
        self.up_command(&["--detach"])
            .output()
            .expect("the lab starts")
    }

    /// Starts the lab as a child, and returns when it is up. Unlike a detached lab it also ends if this process is killed.
    ///
    /// # Errors
    /// The lab is not up within 60 s; the message quotes its output.
    pub fn up_attached(&mut self) -> io::Result<()> {
        let mut attached = Attached::start(&self.up_command(&[]))?;
        attached.wait_until_up(&self.state_dir().join("lab.json"))?;
        self.attached = Some(attached);
        Ok(())
    }

    fn up_command(&self, options: &[&str]) -> Command {
        let base = self.port_base.to_string();
        let urls = self.arguments.iter().map(String::as_str);
        let options = options.iter().copied();
        let arguments = ["up", "--port-base", base.as_str()].into_iter();
        self.command(&arguments.chain(options).chain(urls).collect::<Vec<_>>())
    }

    /// Runs a lab command with this lab's state folder.
    #[must_use]
    pub fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().expect("the lab starts")
    }

    /// Returns a lab command with this lab's state folder.
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
    pub fn down(&self) {
        let output = self.run(&["down"]);
        assert!(
            output.status.success(),
            "./lab down: {}",
            String::from_utf8_lossy(&output.stderr)
        );
    }

    /// Returns the URL `http://127.0.0.1:PORT` + `path` of a part.
    #[must_use]
    pub fn url(&self, part: &str, path: &str) -> String {
        self.installation.url(self.port_base, part, path)
    }

    /// Returns the address on which a part listens.
    #[must_use]
    pub fn address(&self, part: &str) -> SocketAddr {
        self.installation.address(self.port_base, part)
    }

    /// Returns the lowest of the lab's ports.
    #[must_use]
    pub fn port_base(&self) -> u16 {
        self.port_base
    }

    /// Returns the parts from `./lab status --json`, and its exit code.
    ///
    /// # Panics
    /// The command does not print JSON.
    #[must_use]
    pub fn parts(&self) -> (Value, i32) {
        let output = self.run(&["status", "--json"]);
        let status: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        (
            status["parts"].clone(),
            output.status.code().expect("no signal"),
        )
    }

    /// Returns the entry of a part in `./lab status --json`; null without one.
    #[must_use]
    pub fn status(&self, part: &str) -> Value {
        let (parts, _) = self.parts();
        let mut parts = parts.as_array().expect("parts").iter();
        let found = parts.find(|entry| entry["name"] == part);
        found.cloned().unwrap_or(Value::Null)
    }

    /// Returns the process ids of all parts.
    #[must_use]
    pub fn pids(&self) -> Vec<Pid> {
        let (parts, _) = self.parts();
        let parts = parts.as_array().expect("parts").iter();
        parts.filter_map(pid).collect()
    }

    /// Returns the process id of a part.
    ///
    /// # Panics
    /// The part does not run.
    #[must_use]
    pub fn pid(&self, part: &str) -> Pid {
        pid(&self.status(part)).expect("a running part")
    }

    /// Returns the stdout and stderr of a part.
    #[must_use]
    pub fn log(&self, part: &str) -> String {
        std::fs::read_to_string(self.log_file(part)).unwrap_or_default()
    }

    fn log_file(&self, part: &str) -> PathBuf {
        self.state_dir().join(format!("logs/{part}.log"))
    }

    /// Returns the payloads that alert-logger wrote to stdout.
    #[must_use]
    pub fn payloads(&self) -> Vec<Value> {
        let log = self.log("alert-logger");
        log.lines()
            .filter(|line| line.starts_with('{'))
            .filter_map(|line| serde_json::from_str(line).ok())
            .collect()
    }

    /// Returns the alerts in alert-logger's history.
    pub async fn history(&self) -> Vec<Value> {
        let answer = get_json(&self.url("alert-logger", "/api/v1/alerts")).await;
        answer
            .and_then(|answer| answer["alerts"].as_array().cloned())
            .unwrap_or_default()
    }

    /// Returns the result of an instant PromQL query; empty if Prometheus does not answer.
    pub async fn query(&self, promql: &str) -> Vec<Value> {
        let request = client()
            .get(self.url("prometheus", "/api/v1/query"))
            .query(&[("query", promql)]);
        let answer: Option<Value> = async { request.send().await.ok()?.json().await.ok() }.await;
        answer
            .and_then(|answer| answer["data"]["result"].as_array().cloned())
            .unwrap_or_default()
    }

    /// Waits until Prometheus has a successful probe of the demo target.
    ///
    /// # Panics
    /// It has none after 40 s: two probe intervals and a scrape.
    pub async fn wait_for_history(&self) {
        let limit = std::time::Duration::from_secs(40);
        let query = "ping_success_total{target=\"demo\"} > 0";
        within(limit, "Prometheus has history", || async {
            self.query(query).await.pop()
        })
        .await;
    }

    /// Returns the state folder.
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
        if self.attached.take().is_none() {
            let _ = self.run(&["down"]);
        }
    }
}

impl Installation {
    fn url(&self, port_base: u16, part: &str, path: &str) -> String {
        format!("http://{}{path}", self.address(port_base, part))
    }

    fn address(&self, port_base: u16, part: &str) -> SocketAddr {
        let index = self.parts.iter().position(|name| *name == part);
        let index = u16::try_from(index.expect("a part's name")).expect("few parts");
        SocketAddr::from((Ipv4Addr::LOCALHOST, port_base + index))
    }
}

fn pid(part: &Value) -> Option<Pid> {
    Pid::from_raw(i32::try_from(part["pid"].as_i64()?).ok()?)
}
