//! A lab's life as its user sees it: two side by side, down and up again, and the end of its supervisor.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests: a panic is the message"
)]

use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use serde_json::Value;
use stack_tests::{Lab, eventually, get_text, within};

fn pids(lab: &Lab) -> Vec<Pid> {
    let status: Value = serde_json::from_slice(&lab.run(&["status", "--json"]).stdout).unwrap();
    let parts = status["parts"].as_array().unwrap();
    let pids = parts.iter().filter_map(|part| part["pid"].as_i64());
    pids.map(|pid| Pid::from_raw(i32::try_from(pid).unwrap()).unwrap())
        .collect()
}

fn is_gone(pid: &Pid) -> bool {
    test_kill_process(*pid).is_err()
}

#[tokio::test]
async fn two_labs_run_side_by_side() {
    let (one, other) = (Lab::builder().up(), Lab::builder().up());
    for lab in [&one, &other] {
        let status = lab.run(&["status"]);
        assert!(
            status.status.success(),
            "{}",
            String::from_utf8_lossy(&status.stdout)
        );
    }
    one.down();
    let page = other.url("dashboard-ui", "/");
    eventually("the other lab's page shows its targets", || async {
        get_text(&page).await.filter(|page| page.contains("demo"))
    })
    .await;
}

#[tokio::test]
async fn history_survives_down_and_up_and_nothing_is_left_behind() {
    let lab = Lab::builder().up();
    lab.has_history().await;
    // Prometheus may evaluate the rule before it has discovered Alertmanager, and sends again after a minute.
    within(Duration::from_secs(100), "the Watchdog arrived", || async {
        lab.payloads().pop()
    })
    .await;
    let running = pids(&lab);
    assert!(running.len() >= 7, "{running:?}");
    lab.down();
    assert!(running.iter().all(is_gone), "{running:?}");
    assert!(
        !lab.run(&["status"]).status.success(),
        "a lab that is down has status 1"
    );

    lab.up_again();
    eventually("the history from before is there", || async {
        lab.query("count_over_time(ping_success_total{target=\"demo\"}[1h] offset 10s)")
            .await
            .pop()
    })
    .await;

    // kill -9 of the lab itself: its parts die with it, or at the latest by `down`.
    let running = pids(&lab);
    assert!(running.len() >= 7, "{running:?}");
    let state = std::fs::read_to_string(lab.state_dir().join("lab.json")).unwrap();
    let state: Value = serde_json::from_str(&state).unwrap();
    let supervisor = i32::try_from(
        state["supervisor"]["pid"]
            .as_i64()
            .expect("the supervisor's process id"),
    )
    .unwrap();
    kill_process(Pid::from_raw(supervisor).unwrap(), Signal::KILL).unwrap();
    lab.down();
    eventually("no process is left", || async {
        running.iter().all(is_gone).then_some(())
    })
    .await;
    lab.up_again();
}

#[tokio::test]
async fn sizing_measures_a_young_lab() {
    let lab = Lab::builder().up();
    eventually("Prometheus counts its samples", || async {
        let output = lab.run(&["sizing", "--json"]);
        let sizing: Value = serde_json::from_slice(&output.stdout).ok()?;
        output
            .status
            .success()
            .then_some(sizing)
            .filter(|sizing| sizing.as_object().is_some_and(|it| !it.is_empty()))
    })
    .await;
}
