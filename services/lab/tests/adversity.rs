//! Tests of the lab under adverse conditions: other users on the machine, a closed pipe, a full disk, races.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "in a test a panic is the message"
)]

mod support;

use std::process::Stdio;

use lab::process::ProcessIdentity;
use lab::state::lock::Lock;
use lab::state::record::{LabRecord, PartRecord, PartState};
use rustix::process::Signal;
use tokio::process::Command;

use support::{TestLab, processes, text};
use test_support::until;

/// Not a test: the program of the stand-ins of [`TestLab`].
#[test]
#[ignore = "the program of the stand-ins"]
fn stand_in() {
    support::serve_as_stand_in();
}

#[cfg_attr(not(target_os = "linux"), ignore = "reads /proc")]
#[tokio::test]
async fn a_password_in_a_url_is_in_no_argument_and_no_file() {
    let lab = TestLab::new();
    let base = lab.port_base().to_string();
    let url = "https://me:hunter2@example.invalid/";
    let up = lab
        .run(&["up", "--detach", "--port-base", &base, url, "https://two/"])
        .await;
    assert!(up.status.success(), "{}", text(&up.stderr));
    let read = |process: &ProcessIdentity, file: &str| {
        text(&std::fs::read(format!("/proc/{}/{file}", process.pid)).unwrap())
    };
    let parts = processes(&lab);
    for process in parts.iter().chain([&lab.record().supervisor]) {
        let arguments = read(process, "cmdline");
        assert!(!arguments.contains("hunter2"), "{arguments}");
    }
    // Only the same user can read the environment of a process.
    let ping_agent = read(&parts[0], "environ");
    let variable = format!("PING_TARGET_URLS={url},https://two/\0");
    assert!(ping_agent.contains(&variable), "{ping_agent}");
    let found = Command::new("grep")
        .arg("-r")
        .args(["hunter2", lab.state().path().to_str().unwrap()])
        .output()
        .await
        .unwrap();
    assert_eq!(found.status.code(), Some(1), "{}", text(&found.stdout));
}

#[tokio::test]
async fn a_comma_in_a_url_is_rejected_with_its_escape() {
    let lab = TestLab::new();
    let base = lab.port_base().to_string();
    let url = "https://me:hunter2@a/?b=https://c,https://d";
    let up = lab
        .run(&["up", "--detach", "--port-base", &base, url])
        .await;
    let message = text(&up.stderr);
    assert_eq!(up.status.code(), Some(64), "{message}");
    assert!(message.contains("%2C"), "{message}");
    assert!(!message.contains("hunter2"), "{message}");
}

#[tokio::test]
async fn the_lab_survives_a_closed_stderr() {
    let lab = TestLab::new();
    let base = lab.port_base().to_string();
    let mut up = lab
        .command(&["up", "--port-base", &base])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(up.stderr.take());
    until("all parts are ready", async || {
        lab.state().state_file().exists() && lab.status().1 == 0
    })
    .await;
    let processes = processes(&lab);
    ProcessIdentity::of(up.id().unwrap().cast_signed())
        .unwrap()
        .signal(Signal::TERM);
    assert!(up.wait().await.unwrap().success());
    assert!(!processes.iter().any(ProcessIdentity::is_alive));
    let log = text(&lab.run(&["logs", "lab"]).await.stdout);
    assert!(log.contains("all parts have stopped"), "{log}");
}

#[tokio::test]
async fn down_stops_a_lab_that_still_prepares_its_start() {
    let lab = TestLab::new();
    let checking = lab.path("checking");
    lab.script(
        "path/promtool",
        &format!("touch '{}'; exec sleep 2", checking.display()),
    );
    let base = lab.port_base().to_string();
    let mut up = lab
        .command(&["up", "--detach", "--port-base", &base])
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    until("it prepares", async || checking.exists()).await;
    let down = lab.run(&["down"]).await;
    assert!(down.status.success(), "{}", text(&down.stderr));
    assert!(text(&down.stdout).contains("The lab is down"));
    assert!(!up.wait().await.unwrap().success());
    assert!(!lab.state().state_file().exists(), "nothing was started");
}

#[tokio::test]
async fn down_does_not_stop_the_parts_of_a_new_supervisor() {
    let lab = TestLab::new();
    std::fs::create_dir_all(lab.state().path()).unwrap();
    let mut part = Command::new("sleep")
        .arg("60")
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let process = ProcessIdentity::of(part.id().unwrap().cast_signed());
    // A new supervisor holds the lock and has recorded its parts before `down` looks for leftovers of the old one.
    let record = LabRecord {
        supervisor: ProcessIdentity {
            start_ticks: 0,
            ..process.clone().unwrap()
        },
        parts: vec![PartRecord {
            name: "prometheus".to_owned(),
            state: PartState::Ready,
            url: String::new(),
            readiness_url: String::new(),
            process,
            restarts: 0,
        }],
        notes: vec![],
        up: true,
    };
    record.save(&lab.state().state_file()).unwrap();
    let lock = Lock::try_acquire(&lab.state().lock_file())
        .unwrap()
        .unwrap();
    assert!(lab.run(&["down"]).await.status.success());
    assert!(part.try_wait().unwrap().is_none(), "it was stopped");
    assert_eq!(lab.record(), record);

    drop(lock);
    assert!(lab.run(&["down"]).await.status.success());
    assert!(part.try_wait().unwrap().is_some(), "a leftover is stopped");
}

#[tokio::test]
async fn down_works_on_a_full_disk() {
    let lab = TestLab::new();
    assert!(lab.up_detached().await.status.success());
    let processes = processes(&lab);
    // A file size limit of 0 has the effect of a full disk.
    let down = lab.command(&["down"]);
    let down = down.as_std();
    let output = Command::new("sh")
        .args(["-c", "trap '' XFSZ; ulimit -f 0; exec \"$@\"", "sh"])
        .arg(down.get_program())
        .args(down.get_args())
        .env("LAB_ROOT", lab.path("root"))
        .output()
        .await
        .unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(!processes.iter().any(ProcessIdentity::is_alive));
}
