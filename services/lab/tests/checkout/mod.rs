//! A checkout of the repository for the tests of `cluster`: stubs of minikube, nix, terraform and kubectl that record
//! their calls, and a server in the place of the parts.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Output;

use gateway_api::availability::{Counts, Summary};
use jiff::Timestamp;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::process::Command;
use wiremock::matchers::path;
use wiremock::{Mock, MockServer, ResponseTemplate};

/// A checkout with a terraform/, and stubs on PATH.
pub struct Checkout {
    folder: TempDir,
    /// The server that plays all parts behind the port-forwards.
    pub parts: MockServer,
}

impl Checkout {
    pub async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        for file in [
            "monitoring/prometheus/prometheus.yml",
            "monitoring/targets.toml",
            "terraform/versions.tf",
        ] {
            let file = folder.path().join(file);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, "").unwrap();
        }
        let checkout = Self {
            folder,
            parts: parts().await,
        };
        for (name, script) in [
            (
                "minikube",
                "case $1 in status) [ -e started ] ;; start) touch started ;; esac",
            ),
            ("nix", ":"),
            (
                "terraform",
                r#"[ "$2" != apply ] || echo "password $TF_VAR_grafana_admin_password" >>secrets
[ "$2" != console ] || echo '"./../monitoring/targets.toml"'
[ "$2 $3" != "output -raw" ] || printf lab-namespace"#,
            ),
            (
                "kubectl",
                r#"case "$5" in
get) [ -e pods.json ] || { [ ! -e later.json ] || mv later.json pods.json; echo 'connection refused' >&2; exit 1; }; [ "$6" = pods ] && cat pods.json || cat claims.json ;;
port-forward) echo "Forwarding from $PARTS -> 1"; exec sleep 60 ;;
esac"#,
            ),
        ] {
            checkout.stub(name, script);
        }
        checkout
    }

    pub fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    /// Installs a stub of the program `name` that runs `script`. It records its calls, except those that only read.
    pub fn stub(&self, name: &str, script: &str) {
        let file = self.path(&format!("bin/{name}"));
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        let record_call = format!(
            "case \"{name} $*\" in kubectl*|*console*|*'output -raw'*) ;; *) echo \"{name} $*\" >>'{}' ;; esac",
            self.path("calls").display()
        );
        fs::write(&file, format!("#!/bin/sh\n{record_call}\n{script}\n")).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// Makes kubectl show a cluster in which everything is ready.
    pub fn make_healthy(&self) {
        let pods = json!({"items": [{
            "metadata": {"name": "prometheus-1", "labels": {"app": "grafana"}},
            "spec": {"containers": [{"name": "prometheus", "image": "uptimepulse/prometheus:1"}]},
            "status": {"phase": "Running", "containerStatuses": [{"name": "prometheus", "ready": true}]}
        }]});
        let claims = json!({"items": [{"metadata": {"name": "prometheus-data"}, "status": {"phase": "Bound"}}]});
        fs::write(self.path("pods.json"), pods.to_string()).unwrap();
        fs::write(self.path("claims.json"), claims.to_string()).unwrap();
    }

    /// Runs `./lab ARGUMENTS`; returns its output, and stdout and stderr as one text.
    pub async fn lab(&self, arguments: &[&str]) -> (Output, String) {
        let callers = std::env::var_os("PATH").unwrap_or_default();
        let folders = std::iter::once(self.path("bin")).chain(std::env::split_paths(&callers));
        let output = Command::new(env!("CARGO_BIN_EXE_lab"))
            .args(arguments)
            .arg("--state-dir")
            .arg(self.path("state"))
            .current_dir(self.folder.path())
            .env_clear()
            .env("PATH", std::env::join_paths(folders).unwrap())
            .env("LAB_ROOT", self.folder.path())
            .env("PARTS", self.parts.address().to_string())
            .output()
            .await
            .unwrap();
        let text = [output.stdout.clone(), output.stderr.clone()].concat();
        (output, String::from_utf8(text).unwrap())
    }

    /// Returns the recorded calls of the stubs, in order.
    pub fn calls(&self) -> Vec<String> {
        read(&self.path("calls"))
            .lines()
            .map(str::to_owned)
            .collect()
    }
}

/// Reads a file; a missing one is empty.
pub fn read(file: &Path) -> String {
    fs::read_to_string(file).unwrap_or_default()
}

/// Returns a summary of ten probes, of which one failed.
pub fn summary() -> Summary {
    let counts = Counts {
        success: 9.0,
        failures: 1.0,
    };
    Summary {
        targets: Vec::new(),
        total: counts.into(),
        partial: Vec::new(),
    }
}

/// Starts a server that answers the checks in the place of all parts.
pub async fn parts() -> MockServer {
    let server = MockServer::start().await;
    let responses: [(&str, Value); 8] = [
        (
            "/api/v1/targets",
            json!({"data": {"activeTargets": [{"health": "up"}]}}),
        ),
        (
            "/api/v1/rules",
            json!({"data": {"groups": [{"rules": [{"name": "TargetDown", "health": "ok"}]}]}}),
        ),
        (
            "/api/v1/alertmanagers",
            json!({"data": {"activeAlertmanagers": [{"url": "http://alertmanager:9093"}]}}),
        ),
        (
            "/api/v1/alerts",
            json!({"watchdog": {"last_received_at": Timestamp::now().to_string()}}),
        ),
        ("/uptime-summary", json!(summary())),
        ("/-/ready", json!({})),
        (
            "/api/health",
            json!({"database": "ok", "version": "13.0.7"}),
        ),
        (
            "/api/v1/query",
            json!({"data": {"result": [
                {"metric": {"job": "prometheus"}, "value": [1, "1"]},
                {"metric": {"job": "alertmanager"}, "value": [1, "1"]},
            ]}}),
        ),
    ];
    for (route, response) in responses {
        Mock::given(path(route))
            .respond_with(ResponseTemplate::new(200).set_body_json(response))
            .mount(&server)
            .await;
    }
    server
}
