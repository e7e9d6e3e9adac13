//! The node: a real Kubernetes in its own network (kube-node).

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use gateway_api::availability::Summary;
use serde_json::Value;

use crate::{Checkout, output, succeeds, within};

/// The namespace of everything that Terraform creates.
pub const NAMESPACE: &str = "uptimepulse";

/// The node's name in kube-node, so that it differs from a node that the user runs.
const NAME: &str = "cluster-tests";

/// A running node. It is stopped when dropped.
#[derive(Debug)]
pub struct Node {
    script: PathBuf,
    kubeconfig: PathBuf,
}

impl Node {
    /// Starts the node.
    ///
    /// # Panics
    /// The node does not start, or another one of this name is running.
    #[must_use]
    pub fn up(checkout: &Checkout) -> Self {
        let script = checkout.path("tests/cluster/kube-node/kube-node");
        let answer = output(kube_node(&script).arg("up"));
        let message = String::from_utf8_lossy(&answer.stderr);
        assert!(answer.status.success(), "{message}");
        let kubeconfig = PathBuf::from(String::from_utf8_lossy(&answer.stdout).trim());
        Self { script, kubeconfig }
    }

    /// Builds the images with the flake of `checkout`, loads them into the node and writes their tags for Terraform.
    pub fn load_images(&self, checkout: &Checkout) {
        let nix = std::env::var("UPTIMEPULSE_NIX").unwrap_or_else(|_| "nix/host/run".to_owned());
        let program = if nix == "nix" {
            PathBuf::from("nix")
        } else {
            checkout.path(&nix)
        };
        succeeds(
            Command::new(program)
                .args(["run", ".#load-images", "--"])
                .arg(&self.script)
                .args(["load", "-"])
                .env("KUBE_NODE_NAME", NAME)
                .env(
                    "NIX_CONFIG",
                    "extra-experimental-features = nix-command flakes",
                )
                .current_dir(checkout.root()),
        );
    }

    /// Returns the kubeconfig. Its only context, `kube-node`, is this node.
    #[must_use]
    pub fn kubeconfig(&self) -> &Path {
        &self.kubeconfig
    }

    /// Returns a command that runs in the node's network.
    #[must_use]
    pub fn command(&self, program: &str) -> Command {
        let mut command = kube_node(&self.script);
        command.args(["run", program]);
        command
    }

    /// Returns a kubectl command in [`NAMESPACE`].
    #[must_use]
    pub fn kubectl(&self, arguments: &[&str]) -> Command {
        let mut command = self.command("kubectl");
        command.args(["--namespace", NAMESPACE]).args(arguments);
        command
    }

    /// Runs kubectl and returns its output.
    #[must_use]
    pub fn text(&self, arguments: &[&str]) -> String {
        succeeds(&mut self.kubectl(arguments))
    }

    /// Runs `kubectl get` and returns the JSON.
    #[must_use]
    pub fn get(&self, arguments: &[&str]) -> Value {
        let text = self.text(&[&["get", "--output", "json"], arguments].concat());
        serde_json::from_str(&text).expect("JSON")
    }

    /// Runs `kubectl get` and returns the items.
    #[must_use]
    pub fn list(&self, arguments: &[&str]) -> Vec<Value> {
        self.get(arguments)["items"]
            .as_array()
            .expect("items")
            .clone()
    }

    /// Returns the only pod of a part.
    ///
    /// # Panics
    /// The part has no pod, or several.
    #[must_use]
    pub fn pod(&self, part: &str) -> Value {
        let mut pods = self.list(&["pods", "--selector", &format!("app={part}")]);
        assert_eq!(pods.len(), 1, "pods of {part}");
        pods.remove(0)
    }

    /// Fetches JSON from a part's Service, through its cluster IP.
    ///
    /// # Errors
    /// The response is not JSON; the error quotes it.
    pub fn fetch(&self, service: &str, path: &str) -> Result<Value, String> {
        let found = self.get(&["service", service]);
        let (address, port) = (
            &found["spec"]["clusterIP"],
            &found["spec"]["ports"][0]["port"],
        );
        let address = address.as_str().unwrap_or_default();
        self.http(&format!("http://{address}:{port}{path}"), &[])
    }

    /// Fetches the gateway's counts of all targets.
    ///
    /// # Errors
    /// The gateway does not respond with a summary.
    pub fn summary(&self) -> Result<Summary, String> {
        let answer = self.fetch("api-gateway", "/uptime-summary")?;
        serde_json::from_value(answer).map_err(|error| error.to_string())
    }

    /// Fetches JSON with curl in the node's network. Null for an empty body.
    ///
    /// # Errors
    /// The response is not JSON; the error quotes it.
    pub fn http(&self, url: &str, arguments: &[&str]) -> Result<Value, String> {
        let mut curl = self.command("curl");
        curl.args([
            "--silent",
            "--show-error",
            "--fail-with-body",
            "--max-time",
            "10",
        ]);
        let answer = output(
            curl.args(["--globoff", "--noproxy", "*"])
                .args(arguments)
                .arg(url),
        );
        let body = String::from_utf8_lossy(&answer.stdout);
        if answer.status.success() && body.is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_str(&body)
            .ok()
            .filter(|_| answer.status.success())
            .ok_or_else(|| format!("{url}: {}{body}", String::from_utf8_lossy(&answer.stderr)))
    }

    /// Starts a port-forward to a part.
    ///
    /// # Panics
    /// It does not work within 20 s.
    #[must_use]
    pub fn forward(&self, part: &str, port: u16) -> Forward {
        let local = 20_000 + port;
        let (what, ports) = (format!("service/{part}"), format!("{local}:{port}"));
        let child = self
            .kubectl(&["port-forward", &what, &ports])
            .stdout(Stdio::null())
            .spawn()
            .expect("kubectl starts");
        let forward = Forward {
            child,
            url: format!("http://127.0.0.1:{local}"),
        };
        within(
            Duration::from_secs(20),
            Instant::now(),
            &format!("port-forward to {part}"),
            || self.http(&format!("{}/faults", forward.url), &[]),
        );
        forward
    }

    /// Returns the id and the process id of each container on the node.
    #[must_use]
    pub fn processes(&self) -> Vec<(String, u32)> {
        let socket = self.kubeconfig.with_file_name("containerd.sock");
        let tasks = succeeds(Command::new("ctr").arg("--address").arg(socket).args([
            "--namespace",
            "k8s.io",
            "tasks",
            "list",
        ]));
        let task = |line: &str| {
            let mut words = line.split_whitespace();
            Some((words.next()?.to_owned(), words.next()?.parse().ok()?))
        };
        tasks.lines().filter_map(task).collect()
    }

    /// Prints pods, warnings and the end of each log, to explain a failure.
    pub fn explain(&self) {
        for arguments in [
            &["get", "pods,pvc"][..],
            &["get", "events", "--field-selector", "type=Warning"],
            &[
                "logs",
                "--selector",
                "app.kubernetes.io/part-of",
                "--all-containers",
                "--tail",
                "5",
                "--prefix",
            ],
        ] {
            let answer = output(self.kubectl(arguments).args(["--request-timeout", "20s"]));
            println!("{}", String::from_utf8_lossy(&answer.stdout));
        }
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        if thread::panicking() {
            self.explain();
        }
        let _ = kube_node(&self.script).arg("down").status();
    }
}

fn kube_node(script: &Path) -> Command {
    let mut command = Command::new(script);
    command.env("KUBE_NODE_NAME", NAME);
    command
}

/// A port-forward. It is stopped when dropped.
#[derive(Debug)]
pub struct Forward {
    child: Child,
    /// The URL of the part in the node's network.
    pub url: String,
}

impl Drop for Forward {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
