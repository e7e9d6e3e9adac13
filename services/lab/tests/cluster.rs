//! `cluster` against recording stubs of minikube, nix, terraform and kubectl: which commands a user would see, in which
//! order, and what is said when something is wrong. The same commands against real ones are in tests/cluster.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "in a test a panic is the message"
)]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Output;

use gateway_api::availability::{Counts, Summary, WindowedSummary};
use gateway_api::status::{Counted, Source, State, Status, StatusSummary};
use jiff::Timestamp;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::process::Command;
use wiremock::matchers::path;
use wiremock::{Mock, MockServer, ResponseTemplate};

/// A checkout with a terraform/, stubs on PATH, and one server that plays all parts behind the port-forwards.
struct Checkout {
    folder: TempDir,
    parts: MockServer,
}

impl Checkout {
    async fn new() -> Self {
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

    fn path(&self, path: &str) -> std::path::PathBuf {
        self.folder.path().join(path)
    }

    fn stub(&self, name: &str, script: &str) {
        let file = self.path(&format!("bin/{name}"));
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        // Only what changes something is recorded.
        let record = format!(
            "case \"{name} $*\" in kubectl*|*console*|*'output -raw'*) ;; *) echo \"{name} $*\" >>'{}' ;; esac",
            self.path("record").display()
        );
        fs::write(&file, format!("#!/bin/sh\n{record}\n{script}\n")).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
    }

    fn healthy(&self) {
        let pods = json!({"items": [{
            "metadata": {"name": "prometheus-1", "labels": {"app": "grafana"}},
            "spec": {"containers": [{"name": "prometheus", "image": "uptimepulse/prometheus:1"}]},
            "status": {"phase": "Running", "containerStatuses": [{"name": "prometheus", "ready": true}]}
        }]});
        let claims = json!({"items": [{"metadata": {"name": "prometheus-data"}, "status": {"phase": "Bound"}}]});
        fs::write(self.path("pods.json"), pods.to_string()).unwrap();
        fs::write(self.path("claims.json"), claims.to_string()).unwrap();
    }

    async fn lab(&self, arguments: &[&str]) -> (Output, String) {
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
        let said = [output.stdout.clone(), output.stderr.clone()].concat();
        (output, String::from_utf8(said).unwrap())
    }

    fn recorded(&self) -> Vec<String> {
        read(&self.path("record"))
            .lines()
            .map(str::to_owned)
            .collect()
    }
}

fn read(file: &Path) -> String {
    fs::read_to_string(file).unwrap_or_default()
}

/// Ten probes, of which one failed.
fn summary() -> Summary {
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

async fn parts() -> MockServer {
    let server = MockServer::start().await;
    let answers: [(&str, Value); 8] = [
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
    for (route, answer) in answers {
        Mock::given(path(route))
            .respond_with(ResponseTemplate::new(200).set_body_json(answer))
            .mount(&server)
            .await;
    }
    server
}

#[tokio::test]
async fn up_goes_from_a_stopped_minikube_to_a_checked_stack() {
    let checkout = Checkout::new().await;
    checkout.healthy();
    let (output, said) = checkout.lab(&["cluster", "up"]).await;
    assert!(output.status.success(), "{said}");
    assert_eq!(
        checkout.recorded(),
        [
            "minikube status",
            "minikube start",
            "nix run .#load-images",
            "terraform -chdir=terraform init -input=false",
            "terraform -chdir=terraform workspace select -or-create default",
            "terraform -chdir=terraform apply -input=false -auto-approve -var=config_context=minikube",
            "terraform -chdir=terraform output",
        ]
    );
    for shown in [
        "$ minikube start",
        "$ nix run .#load-images",
        "gateway answers",
        "passwords.env",
    ] {
        assert!(said.contains(shown), "{shown}: {said}");
    }
    // Made once, handed to Terraform, kept for the owner alone, never shown.
    let secrets = read(&checkout.path("secrets"));
    let password = secrets.trim().strip_prefix("password ").unwrap();
    assert_eq!(password.len(), 24);
    assert!(read(&checkout.path("state/cluster/passwords.env")).contains(password));
    assert!(!said.contains(password));

    fs::remove_file(checkout.path("record")).unwrap();
    let (output, said) = checkout.lab(&["cluster", "up"]).await;
    assert!(output.status.success(), "{said}");
    assert!(
        !checkout.recorded().contains(&"minikube start".to_owned()),
        "a running one is left alone"
    );
    assert_eq!(
        read(&checkout.path("secrets")),
        format!("{secrets}{secrets}")
    );
}

#[tokio::test]
async fn up_waits_until_all_is_well() {
    let checkout = Checkout::new().await;
    checkout.healthy();
    fs::rename(checkout.path("pods.json"), checkout.path("later.json")).unwrap();
    let (output, said) = checkout.lab(&["cluster", "up"]).await;
    assert!(output.status.success(), "{said}");
    assert!(said.contains("waiting: cluster answers"), "{said}");
}

#[tokio::test]
async fn another_context_is_neither_started_nor_filled_and_has_a_state_of_its_own() {
    let checkout = Checkout::new().await;
    checkout.healthy();
    let (output, said) = checkout
        .lab(&["cluster", "up", "--context", "kind/lab"])
        .await;
    assert!(output.status.success(), "{said}");
    assert_eq!(
        checkout.recorded()[..3],
        [
            "terraform -chdir=terraform init -input=false",
            "terraform -chdir=terraform workspace select -or-create kind-lab",
            "terraform -chdir=terraform apply -input=false -auto-approve -var=config_context=kind/lab",
        ]
    );
    fs::remove_file(checkout.path("record")).unwrap();
    let (output, said) = checkout
        .lab(&["cluster", "down", "--context", "kind/lab"])
        .await;
    assert!(output.status.success(), "{said}");
    assert!(
        checkout.recorded().contains(
            &"terraform -chdir=terraform destroy -input=false -auto-approve -var=config_context=kind/lab".to_owned()
        ),
        "{said}"
    );
}

#[tokio::test]
async fn a_step_that_fails_ends_it_and_says_how_to_go_on() {
    let checkout = Checkout::new().await;
    checkout.stub("nix", "exit 1");
    let (output, said) = checkout.lab(&["cluster", "up"]).await;
    assert_eq!(output.status.code(), Some(1));
    assert!(
        said.contains("nix run .#load-images failed") && said.contains("can be run again"),
        "{said}"
    );
    assert!(
        !checkout
            .recorded()
            .iter()
            .any(|line| line.starts_with("terraform"))
    );
}

#[tokio::test]
async fn status_names_what_is_wrong_and_exits_1() {
    let checkout = Checkout::new().await;
    let (output, said) = checkout.lab(&["cluster", "status"]).await;
    assert_eq!(output.status.code(), Some(1));
    assert!(
        said.contains("does not answer: start it (minikube start)"),
        "{said}"
    );

    checkout.healthy();
    let (output, said) = checkout.lab(&["cluster", "status"]).await;
    assert!(output.status.success(), "{said}");
    assert!(said.contains("namespace lab-namespace"), "{said}");
    for check in [
        "PVCs bound",
        "pods ready",
        "targets up",
        "rule exists",
        "configuration loaded",
        "Grafana answers",
        "Alertmanager reachable",
        "logger has lines",
        "gateway answers",
    ] {
        assert!(
            said.contains(&format!("ok      {check}")),
            "{check}: {said}"
        );
    }

    // A pod that crashes does not come up by itself, so nobody waits for the rest.
    let crash = r#"{"items": [{"metadata": {"name": "prometheus-1"}, "status": {"containerStatuses": [
        {"state": {"waiting": {"reason": "CrashLoopBackOff"}}}]}}]}"#;
    fs::write(checkout.path("pods.json"), crash).unwrap();
    checkout.parts.reset().await;
    let (output, said) = checkout.lab(&["cluster", "status"]).await;
    assert_eq!(output.status.code(), Some(1));
    for failed in ["failed  pods ready", "failed  targets up"] {
        assert!(said.contains(failed), "{said}");
    }
}

#[tokio::test]
async fn status_right_after_a_start_waits_until_prometheus_knows_its_alertmanager() {
    let checkout = Checkout::new().await;
    checkout.healthy();
    let none = json!({"data": {"activeAlertmanagers": []}});
    Mock::given(path("/api/v1/alertmanagers"))
        .respond_with(ResponseTemplate::new(200).set_body_json(none))
        .up_to_n_times(1)
        .with_priority(1)
        .mount(&checkout.parts)
        .await;
    let (output, said) = checkout.lab(&["cluster", "status"]).await;
    assert!(output.status.success(), "{said}");
    assert!(
        said.contains("waiting: Alertmanager reachable: Prometheus knows no Alertmanager"),
        "{said}"
    );
}

#[tokio::test]
async fn a_password_in_the_target_list_ends_it_before_anything_is_applied() {
    let checkout = Checkout::new().await;
    checkout.healthy();
    let list = "[[target]]\n\"url\" = \"http://me:hunter2\\u0040a.example/\"\n";
    fs::write(checkout.path("monitoring/targets.toml"), list).unwrap();
    let (output, said) = checkout.lab(&["cluster", "up"]).await;
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(
        said.contains("targets.toml: target[0].url (line 2) holds a password"),
        "{said}"
    );
    assert!(!said.contains("hunter2"), "{said}");
    let applied = |line: &String| line.contains(" apply ");
    assert!(!checkout.recorded().iter().any(applied), "{said}");
}

#[tokio::test]
async fn without_a_checkout_it_is_wrong_use() {
    let checkout = Checkout::new().await;
    fs::remove_file(checkout.path("terraform/versions.tf")).unwrap();
    let (output, said) = checkout.lab(&["cluster", "up"]).await;
    assert_eq!(output.status.code(), Some(64));
    assert!(said.contains("there is no terraform/"), "{said}");
}

#[tokio::test]
async fn the_data_path_is_checked_where_there_is_no_repository() {
    let folder = tempfile::tempdir().unwrap();
    let server = parts().await;
    let status = Status {
        summary: StatusSummary {
            generated_at: Timestamp::now(),
            newest_observation_at: None,
            blind: None,
            sources: vec![Source {
                name: "ping-agent".to_owned(),
                ok: true,
                detail: None,
            }],
            state: State::Up,
            counts: Counted::default(),
        },
        ranges: Vec::new(),
        groups: Vec::new(),
        total: 0,
        next: None,
        targets: Vec::new(),
    };
    let windowed = WindowedSummary {
        window: "5m".to_owned(),
        summary: summary(),
    };
    for (route, answer) in [
        ("/api/v1/status", json!(status)),
        ("/uptime-summary-windowed", json!(windowed)),
    ] {
        Mock::given(path(route))
            .respond_with(ResponseTemplate::new(200).set_body_json(answer))
            .mount(&server)
            .await;
    }
    // In the image there is no repository.
    let output = Command::new(env!("CARGO_BIN_EXE_lab"))
        .args(["check-data-path", "--gateway", &server.uri()])
        .current_dir(folder.path())
        .env_clear()
        .output()
        .await
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(String::from_utf8_lossy(&output.stdout).starts_with("10 probes came through"));
}
