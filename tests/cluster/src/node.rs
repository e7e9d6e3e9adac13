//! The node: a real Kubernetes in a network of its own (kube-node).

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use gateway_api::availability::Summary;
use serde_json::Value;

use crate::{Checkout, output, succeeds, within};

/// Where Terraform puts everything.
pub const NAMESPACE: &str = "uptimepulse";

/// Which node of kube-node's: not the one that a person may have up.
const NAME: &str = "cluster-tests";

/// A running node. It is taken down when dropped.
#[derive(Debug)]
pub struct Node {
    script: PathBuf,
    kubeconfig: PathBuf,
}

impl Node {
    /// Starts the node.
    ///
    /// # Panics
    /// It does not come up, or another one is up already.
    #[must_use]
    pub fn up(checkout: &Checkout) -> Self {
        let script = checkout.path("tests/cluster/kube-node/kube-node");
        let answer = output(kube_node(&script).arg("up"));
        let said = String::from_utf8_lossy(&answer.stderr);
        assert!(answer.status.success(), "{said}");
        let kubeconfig = PathBuf::from(String::from_utf8_lossy(&answer.stdout).trim());
        Self { script, kubeconfig }
    }

    /// Builds the images with the flake of `checkout`, loads them into the node and writes their tags for Terraform.
    ///
    /// # Panics
    /// An image can't be built or loaded.
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

    /// The kubeconfig whose one context, `kube-node`, is this node.
    #[must_use]
    pub fn kubeconfig(&self) -> &Path {
        &self.kubeconfig
    }

    /// A command within the node's network.
    #[must_use]
    pub fn command(&self, program: &str) -> Command {
        let mut command = kube_node(&self.script);
        command.args(["run", program]);
        command
    }

    /// kubectl, in [`NAMESPACE`].
    #[must_use]
    pub fn kubectl(&self, arguments: &[&str]) -> Command {
        let mut command = self.command("kubectl");
        command.args(["--namespace", NAMESPACE]).args(arguments);
        command
    }

    /// What kubectl writes.
    ///
    /// # Panics
    /// It fails.
    #[must_use]
    pub fn text(&self, arguments: &[&str]) -> String {
        succeeds(&mut self.kubectl(arguments))
    }

    /// What `kubectl get` finds, as JSON.
    ///
    /// # Panics
    /// It fails.
    #[must_use]
    pub fn get(&self, arguments: &[&str]) -> Value {
        let text = self.text(&[&["get", "--output", "json"], arguments].concat());
        serde_json::from_str(&text).expect("JSON")
    }

    /// The items that `kubectl get` finds.
    ///
    /// # Panics
    /// It fails.
    #[must_use]
    pub fn list(&self, arguments: &[&str]) -> Vec<Value> {
        self.get(arguments)["items"]
            .as_array()
            .expect("items")
            .clone()
    }

    /// The one pod of a part with one.
    ///
    /// # Panics
    /// It has none, or several.
    #[must_use]
    pub fn pod(&self, part: &str) -> Value {
        let mut pods = self.list(&["pods", "--selector", &format!("app={part}")]);
        assert_eq!(pods.len(), 1, "pods of {part}");
        pods.remove(0)
    }

    /// The answer of a part's Service, asked for by its address; `Err` says what came instead.
    ///
    /// # Errors
    /// It does not answer with JSON.
    pub fn ask(&self, service: &str, path: &str) -> Result<Value, String> {
        let found = self.get(&["service", service]);
        let (address, port) = (
            &found["spec"]["clusterIP"],
            &found["spec"]["ports"][0]["port"],
        );
        let address = address.as_str().unwrap_or_default();
        self.http(&format!("http://{address}:{port}{path}"), &[])
    }

    /// The gateway's counts of all targets.
    ///
    /// # Errors
    /// It does not answer with a summary.
    pub fn summary(&self) -> Result<Summary, String> {
        let answer = self.ask("api-gateway", "/uptime-summary")?;
        serde_json::from_value(answer).map_err(|error| error.to_string())
    }

    /// What curl gets of a URL within the node's network.
    ///
    /// # Errors
    /// It is not JSON.
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

    /// A port-forward to a part, as a person has one.
    ///
    /// # Panics
    /// It is refused.
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

    /// The process of each container on the node, by the container's id.
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

    /// Prints what a person would look at first when something is wrong.
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

/// A port-forward. It ends when dropped.
#[derive(Debug)]
pub struct Forward {
    child: Child,
    /// Where the part is, within the node's network.
    pub url: String,
}

impl Drop for Forward {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
