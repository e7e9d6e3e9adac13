//! Tests of starting, supervising and stopping the parts, with stand-ins for them.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "in a test a panic is the message"
)]

mod support;

use std::net::TcpListener;
use std::process::Stdio;

use lab::process::ProcessIdentity;
use rustix::process::Signal;

use support::{TestLab, processes, text};
use test_support::until;

/// Not a test: the program of the stand-ins of [`TestLab`].
#[test]
#[ignore = "the program of the stand-ins"]
fn stand_in() {
    support::serve_as_stand_in();
}

async fn until_gone(processes: &[ProcessIdentity]) {
    until("no part is left", async || {
        !processes.iter().any(ProcessIdentity::is_alive)
    })
    .await;
}

#[tokio::test]
async fn up_makes_all_parts_ready_and_down_stops_them() {
    let lab = TestLab::new();
    let up = lab.up_detached().await;
    assert!(up.status.success(), "{}", text(&up.stderr));
    let page = format!("http://127.0.0.1:{}", lab.port_base() + 2);
    let shown = text(&up.stdout);
    let first = shown.lines().find(|line| line.contains("http")).unwrap();
    assert!(
        first.contains("status page") && first.contains(&page),
        "{shown}"
    );

    let (parts, code) = lab.status();
    assert_eq!(code, 0, "{parts}");
    assert_eq!(parts.as_array().unwrap().len(), 7, "{parts}");
    assert!(
        parts
            .as_array()
            .unwrap()
            .iter()
            .all(|part| part["state"] == "ready" && part["restarts"] == 0)
    );
    let processes = processes(&lab);
    assert_eq!(processes.len(), 7);

    assert!(lab.run(&["down"]).await.status.success());
    assert!(!processes.iter().any(ProcessIdentity::is_alive));
    let (parts, code) = lab.status();
    assert_eq!(code, 1);
    assert!(
        parts
            .as_array()
            .unwrap()
            .iter()
            .all(|part| part["state"] == "stopped" && part["pid"].is_null())
    );
    assert!(
        lab.run(&["down"]).await.status.success(),
        "down of a stopped lab is a success"
    );
}

#[tokio::test]
async fn up_works_without_root_certificates() {
    let lab = TestLab::new();
    let base = lab.port_base().to_string();
    let mut up = lab.command(&["up", "--detach", "--port-base", &base]);
    let up = up.env("SSL_CERT_FILE", "/nowhere").output().await.unwrap();
    assert!(up.status.success(), "{}", text(&up.stderr));
    assert!(lab.run(&["down"]).await.status.success());
}

#[tokio::test]
async fn a_killed_part_is_restarted_and_counted() {
    let lab = TestLab::new();
    assert!(lab.up_detached().await.status.success());
    let killed = lab
        .record()
        .part("prometheus")
        .unwrap()
        .process
        .clone()
        .unwrap();
    killed.signal(Signal::KILL);
    until("prometheus runs again", async || {
        let (parts, code) = lab.status();
        let prometheus = parts
            .as_array()
            .unwrap()
            .iter()
            .find(|part| part["name"] == "prometheus")
            .unwrap();
        code == 0 && prometheus["restarts"] == 1 && prometheus["pid"] != killed.pid
    })
    .await;
    // `status` polls the part itself, so it may show the restart before the supervisor logs it.
    until("the supervisor has logged it", async || {
        let log = text(&lab.run(&["logs", "lab"]).await.stdout);
        log.contains("prometheus was killed by signal 9 (SIGKILL)")
            && log.contains("prometheus is ready again")
    })
    .await;
}

#[tokio::test]
async fn a_killed_supervisor_leaves_no_part_running() {
    let lab = TestLab::new();
    assert!(lab.up_detached().await.status.success());
    let processes = processes(&lab);
    lab.record().supervisor.signal(Signal::KILL);
    until_gone(&processes).await;

    let (parts, code) = lab.status();
    assert_eq!(code, 1);
    assert!(
        parts
            .as_array()
            .unwrap()
            .iter()
            .all(|part| part["state"] == "stopped"),
        "{parts}"
    );
    assert!(lab.run(&["down"]).await.status.success());
    assert!(
        lab.up_detached().await.status.success(),
        "the lab can be started again"
    );
}

#[tokio::test]
async fn ctrl_c_stops_all_parts_and_is_a_success() {
    let lab = TestLab::new();
    let base = lab.port_base().to_string();
    let mut up = lab
        .command(&["up", "--port-base", &base])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    until("all parts are ready", async || {
        lab.state().state_file().exists() && lab.status().1 == 0
    })
    .await;
    let processes = processes(&lab);
    ProcessIdentity::of(up.id().unwrap().cast_signed())
        .unwrap()
        .signal(Signal::INT);
    assert!(up.wait().await.unwrap().success());
    assert!(!processes.iter().any(ProcessIdentity::is_alive));
}

#[tokio::test]
async fn up_fails_with_the_output_of_a_part_that_rejects_its_configuration() {
    let lab = TestLab::new();
    lab.script(
        "bin/alert-logger",
        "echo 'ALERT_LOG_DIR is wrong' >&2; exit 64",
    );
    let up = lab.up_detached().await;
    assert_eq!(up.status.code(), Some(1));
    let message = text(&up.stderr);
    assert!(
        message.contains("alert-logger exited with code 64"),
        "{message}"
    );
    assert!(message.contains("ALERT_LOG_DIR is wrong"), "{message}");
    assert_eq!(processes(&lab), [], "nothing is left running");
    let (parts, _) = lab.status();
    let alert_logger = parts
        .as_array()
        .unwrap()
        .iter()
        .find(|part| part["name"] == "alert-logger")
        .unwrap();
    assert_eq!(alert_logger["state"], "failed");
}

#[tokio::test]
async fn a_second_lab_in_the_same_folder_is_rejected_and_the_first_continues() {
    let lab = TestLab::new();
    assert!(lab.up_detached().await.status.success());
    let second = lab.run(&["up", "--detach"]).await;
    assert_eq!(second.status.code(), Some(1));
    assert!(
        text(&second.stderr).contains("already running"),
        "{}",
        text(&second.stderr)
    );
    assert_eq!(lab.status().1, 0);
}

#[tokio::test]
async fn two_labs_run_side_by_side() {
    let labs = [TestLab::new(), TestLab::new()];
    for lab in &labs {
        let up = lab.up_detached().await;
        assert!(up.status.success(), "{}", text(&up.stderr));
    }
    assert!(labs[0].run(&["down"]).await.status.success());
    assert_eq!(labs[1].status().1, 0);
}

#[tokio::test]
async fn a_port_in_use_is_reported_before_anything_starts() {
    let lab = TestLab::new();
    let _in_use = TcpListener::bind(("127.0.0.1", lab.port_base() + 5)).unwrap();
    let up = lab.up_detached().await;
    assert_eq!(up.status.code(), Some(1));
    let message = text(&up.stderr);
    assert!(
        message.contains(&format!(
            "{} for prometheus: already in use",
            lab.port_base() + 5
        )),
        "{message}"
    );
    assert!(message.contains("--port-base"), "{message}");
    assert!(!lab.state().state_file().exists(), "nothing was started");
}

#[tokio::test]
async fn logs_shows_all_parts_or_one() {
    let lab = TestLab::new();
    assert!(lab.up_detached().await.status.success());
    let all = text(&lab.run(&["logs"]).await.stdout);
    assert!(all.contains("ping-agent   | listening on"), "{all}");
    assert!(all.contains("dashboard-ui | listening on"), "{all}");
    let one = text(&lab.run(&["logs", "ping-agent"]).await.stdout);
    assert!(
        one.contains(&format!("listening on 127.0.0.1:{}", lab.port_base())),
        "{one}"
    );
    assert!(!one.contains('|'), "{one}");
}

#[tokio::test]
async fn wrong_use_exits_64_and_names_the_wrong_argument() {
    let lab = TestLab::new();
    for (args, expected) in [
        (vec!["up", "gopher://example.org"], "gopher"),
        (vec!["up", "--port-base", "0"], "--port-base"),
        (vec!["logs", "nobody"], "ping-agent"),
        (vec!["sizing", "--prometheus", "ftp://x"], "http or https"),
        (vec!["nonsense"], "nonsense"),
        (vec![], "Usage"),
    ] {
        let output = lab.run(&args).await;
        let message = text(&output.stderr);
        assert_eq!(output.status.code(), Some(64), "{args:?}: {message}");
        assert!(message.contains(expected), "{args:?}: {message}");
    }
    let partial = lab
        .command(&["up"])
        .env("SMTP_TO", "you@example.org")
        .output()
        .await
        .unwrap();
    assert_eq!(partial.status.code(), Some(64));
    assert!(
        text(&partial.stderr).contains("SMTP_SMARTHOST"),
        "{}",
        text(&partial.stderr)
    );
    for option in ["--help", "--version"] {
        assert!(lab.run(&[option]).await.status.success(), "{option}");
    }
}

#[tokio::test]
async fn without_a_lab_commands_name_the_command_that_starts_it() {
    let lab = TestLab::new();
    let (parts, code) = lab.status();
    assert_eq!((parts, code), (serde_json::json!([]), 1));
    assert!(lab.run(&["down"]).await.status.success());
    for args in [["logs"], ["sizing"]] {
        let output = lab.run(&args).await;
        assert_eq!(output.status.code(), Some(1));
        assert!(
            text(&output.stderr).contains("./lab up"),
            "{}",
            text(&output.stderr)
        );
    }
}
