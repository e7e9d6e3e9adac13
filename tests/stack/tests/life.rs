//! The life cycle of a lab as its user sees it: two labs at the same time, `down` and `up` (also during an outage), and a kill
//! of the supervisor.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests: a panic is the message"
)]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;
use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use serde_json::Value;
use stack_tests::lab;
use test_support::{eventually, get_json, get_text, until, within};

fn is_gone(pid: &Pid) -> bool {
    test_kill_process(*pid).is_err()
}

#[tokio::test]
async fn two_labs_run_side_by_side() {
    let (one, other) = (lab().up(), lab().up());
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
    let lab = lab().up();
    lab.wait_for_history().await;
    // Prometheus may evaluate the rule before it has discovered Alertmanager, and resends alerts after a minute.
    within(Duration::from_secs(100), "the Watchdog arrived", || async {
        lab.payloads().pop()
    })
    .await;
    let running = lab.pids();
    assert!(running.len() >= 7, "{running:?}");
    lab.down();
    assert!(running.iter().all(is_gone), "{running:?}");
    assert!(
        !lab.run(&["status"]).status.success(),
        "`status` of a stopped lab exits with 1"
    );

    lab.up_again();
    eventually("the history from before is there", || async {
        lab.query("count_over_time(ping_success_total{target=\"demo\"}[1h] offset 10s)")
            .await
            .pop()
    })
    .await;

    // SIGKILL to the supervisor: its parts end with it, or at the latest at `down`.
    let running = lab.pids();
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
    until("no process is left", async || running.iter().all(is_gone)).await;
    lab.up_again();
}

#[tokio::test]
async fn sizing_measures_a_new_lab() {
    let lab = lab().up();
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

/// Starts a target outside the lab. Returns its URL, and a flag that sets whether it is up.
async fn target() -> (String, Arc<AtomicBool>) {
    let is_up = Arc::new(AtomicBool::new(false));
    let state = Arc::clone(&is_up);
    let answer = move || async move {
        if state.load(Ordering::Relaxed) {
            StatusCode::OK
        } else {
            StatusCode::SERVICE_UNAVAILABLE
        }
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, Router::new().route("/", get(answer))).await });
    (url, is_up)
}

#[tokio::test]
async fn an_outage_across_down_and_up_is_one_incident_and_ends() {
    let (url, is_up) = target().await;
    let lab = lab().url(url).up();
    let incidents = || async {
        let mut history = lab.history().await;
        history.retain(|alert| alert["labels"]["alertname"] == "TargetDown");
        history
    };
    let alerts = lab.url("prometheus", "/api/v1/alerts");
    let poll = || async { incidents().await.pop() };
    let (first, _) = within(Duration::from_secs(150), "the incident", poll).await;
    lab.down();
    lab.up_again();
    let fires =
        |alert: &Value| alert["labels"]["alertname"] == "TargetDown" && alert["state"] == "firing";
    let poll = || async {
        let answer = get_json(&alerts).await?;
        answer["data"]["alerts"]
            .as_array()?
            .iter()
            .any(fires)
            .then_some(())
    };
    within(Duration::from_secs(150), "the alert fires again", poll).await;
    is_up.store(true, Ordering::Relaxed);
    let poll = || async {
        let incidents = incidents().await;
        assert_eq!(incidents.len(), 1, "{incidents:#?}");
        let ended = incidents.into_iter().next()?;
        (ended["status"] == "resolved").then_some(ended)
    };
    let (ended, _) = within(Duration::from_secs(120), "the incident is resolved", poll).await;
    assert_eq!(ended["end"], "delivered", "{ended:#}");
    assert_eq!(ended["starts_at"], first["starts_at"]);
}
