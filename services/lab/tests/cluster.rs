//! `cluster` against stubs of minikube, nix, terraform and kubectl: the commands that it runs, their order, and its error
//! messages. tests/cluster runs the same commands against the real programs.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "in a test a panic is the message"
)]

mod checkout;

use std::fs;

use gateway_api::availability::WindowedSummary;
use gateway_api::status::{Counted, Source, State, Status, StatusSummary};
use jiff::Timestamp;
use serde_json::json;
use tokio::process::Command;
use wiremock::matchers::path;
use wiremock::{Mock, ResponseTemplate};

use checkout::{Checkout, parts, read, summary};

#[tokio::test]
async fn up_starts_minikube_applies_and_checks_the_stack() {
    let checkout = Checkout::new().await;
    checkout.make_healthy();
    let (output, text) = checkout.lab(&["cluster", "up"]).await;
    assert!(output.status.success(), "{text}");
    assert_eq!(
        checkout.calls(),
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
        assert!(text.contains(shown), "{shown}: {text}");
    }
    // The password is generated once, passed to Terraform, stored for its owner alone, and never shown.
    let secrets = read(&checkout.path("secrets"));
    let password = secrets.trim().strip_prefix("password ").unwrap();
    assert_eq!(password.len(), 24);
    assert!(read(&checkout.path("state/cluster/passwords.env")).contains(password));
    assert!(!text.contains(password));

    fs::remove_file(checkout.path("calls")).unwrap();
    let (output, text) = checkout.lab(&["cluster", "up"]).await;
    assert!(output.status.success(), "{text}");
    assert!(
        !checkout.calls().contains(&"minikube start".to_owned()),
        "a running minikube is not started again"
    );
    assert_eq!(
        read(&checkout.path("secrets")),
        format!("{secrets}{secrets}")
    );
}

#[tokio::test]
async fn up_waits_until_the_cluster_answers() {
    let checkout = Checkout::new().await;
    checkout.make_healthy();
    fs::rename(checkout.path("pods.json"), checkout.path("later.json")).unwrap();
    let (output, text) = checkout.lab(&["cluster", "up"]).await;
    assert!(output.status.success(), "{text}");
    assert!(text.contains("waiting: cluster answers"), "{text}");
}

#[tokio::test]
async fn another_context_is_not_started_gets_no_images_and_has_its_own_state() {
    let checkout = Checkout::new().await;
    checkout.make_healthy();
    let (output, text) = checkout
        .lab(&["cluster", "up", "--context", "kind/lab"])
        .await;
    assert!(output.status.success(), "{text}");
    assert_eq!(
        checkout.calls()[..3],
        [
            "terraform -chdir=terraform init -input=false",
            "terraform -chdir=terraform workspace select -or-create kind-lab",
            "terraform -chdir=terraform apply -input=false -auto-approve -var=config_context=kind/lab",
        ]
    );
    fs::remove_file(checkout.path("calls")).unwrap();
    let (output, text) = checkout
        .lab(&["cluster", "down", "--context", "kind/lab"])
        .await;
    assert!(output.status.success(), "{text}");
    assert!(
        checkout.calls().contains(
            &"terraform -chdir=terraform destroy -input=false -auto-approve -var=config_context=kind/lab".to_owned()
        ),
        "{text}"
    );
}

#[tokio::test]
async fn a_failed_step_ends_up_and_the_error_names_the_next_step() {
    let checkout = Checkout::new().await;
    checkout.stub("nix", "exit 1");
    let (output, text) = checkout.lab(&["cluster", "up"]).await;
    assert_eq!(output.status.code(), Some(1));
    assert!(
        text.contains("nix run .#load-images failed")
            && text.contains("run `./lab cluster up` again"),
        "{text}"
    );
    assert!(
        !checkout
            .calls()
            .iter()
            .any(|line| line.starts_with("terraform"))
    );
}

#[tokio::test]
async fn status_names_failed_checks_and_exits_1() {
    let checkout = Checkout::new().await;
    let (output, text) = checkout.lab(&["cluster", "status"]).await;
    assert_eq!(output.status.code(), Some(1));
    assert!(
        text.contains("does not answer: start it (minikube start)"),
        "{text}"
    );

    checkout.make_healthy();
    let (output, text) = checkout.lab(&["cluster", "status"]).await;
    assert!(output.status.success(), "{text}");
    assert!(text.contains("namespace lab-namespace"), "{text}");
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
            text.contains(&format!("ok      {check}")),
            "{check}: {text}"
        );
    }

    // A crashing pod does not recover by itself, so `status` does not wait for the other checks.
    let crash = r#"{"items": [{"metadata": {"name": "prometheus-1"}, "status": {"containerStatuses": [
        {"state": {"waiting": {"reason": "CrashLoopBackOff"}}}]}}]}"#;
    fs::write(checkout.path("pods.json"), crash).unwrap();
    checkout.parts.reset().await;
    let (output, text) = checkout.lab(&["cluster", "status"]).await;
    assert_eq!(output.status.code(), Some(1));
    for failed in ["failed  pods ready", "failed  targets up"] {
        assert!(text.contains(failed), "{text}");
    }
}

#[tokio::test]
async fn status_after_a_start_waits_until_prometheus_has_discovered_alertmanager() {
    let checkout = Checkout::new().await;
    checkout.make_healthy();
    let none = json!({"data": {"activeAlertmanagers": []}});
    Mock::given(path("/api/v1/alertmanagers"))
        .respond_with(ResponseTemplate::new(200).set_body_json(none))
        .up_to_n_times(1)
        .with_priority(1)
        .mount(&checkout.parts)
        .await;
    let (output, text) = checkout.lab(&["cluster", "status"]).await;
    assert!(output.status.success(), "{text}");
    assert!(
        text.contains(
            "waiting: Alertmanager reachable: Prometheus has not discovered an Alertmanager"
        ),
        "{text}"
    );
}

#[tokio::test]
async fn a_password_in_the_target_list_is_rejected_before_the_apply() {
    let checkout = Checkout::new().await;
    checkout.make_healthy();
    let list = "[[target]]\n\"url\" = \"http://me:hunter2\\u0040a.example/\"\n";
    fs::write(checkout.path("monitoring/targets.toml"), list).unwrap();
    let (output, text) = checkout.lab(&["cluster", "up"]).await;
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(
        text.contains("targets.toml: target[0].url (line 2) holds a password"),
        "{text}"
    );
    assert!(!text.contains("hunter2"), "{text}");
    let is_apply = |line: &String| line.contains(" apply ");
    assert!(!checkout.calls().iter().any(is_apply), "{text}");
}

#[tokio::test]
async fn a_folder_without_terraform_is_wrong_use() {
    let checkout = Checkout::new().await;
    fs::remove_file(checkout.path("terraform/versions.tf")).unwrap();
    let (output, text) = checkout.lab(&["cluster", "up"]).await;
    assert_eq!(output.status.code(), Some(64));
    assert!(text.contains("there is no terraform/"), "{text}");
}

#[tokio::test]
async fn check_data_path_needs_no_repository() {
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
    for (route, response) in [
        ("/api/v1/status", json!(status)),
        ("/uptime-summary-windowed", json!(windowed)),
    ] {
        Mock::given(path(route))
            .respond_with(ResponseTemplate::new(200).set_body_json(response))
            .mount(&server)
            .await;
    }
    // The image contains no repository.
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
    assert!(String::from_utf8_lossy(&output.stdout).starts_with("10 probe results passed through"));
}
