//! kill -9 of each part in turn, while alerts flow.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests: a panic is the message"
)]

use std::collections::BTreeMap;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use stack_tests::{Lab, client, eventually, within};

const PARTS: [&str; 7] = [
    "ping-agent",
    "api-gateway",
    "dashboard-ui",
    "alert-logger",
    "demo-target",
    "prometheus",
    "alertmanager",
];

/// How many alerts begin while the parts die, and how many of them are new each round.
const ALERTS: usize = 70;
const ROUND: usize = ALERTS / PARTS.len();

/// Alerts as Prometheus sends them: all that fire, again and again, each with the time it began.
fn alerts(count: usize) -> Value {
    let alerts = (0..count).map(|number| {
        json!({
            "labels": {"alertname": "Flow", "target": format!("flow-{number}")},
            "startsAt": "2026-01-01T00:00:00Z",
            "endsAt": "2099-01-01T00:00:00Z",
        })
    });
    alerts.collect()
}

async fn send(lab: &Lab, count: usize) -> Option<()> {
    let url = lab.url("alertmanager", "/api/v2/alerts");
    let answer = client().post(url).json(&alerts(count)).send().await.ok()?;
    answer.status().is_success().then_some(())
}

fn kill(pid: &Value) {
    let pid = i32::try_from(pid.as_i64().expect("a process id")).unwrap();
    kill_process(Pid::from_raw(pid).unwrap(), Signal::KILL).unwrap();
}

/// How often each of the alerts is in the history.
async fn in_history(lab: &Lab) -> BTreeMap<String, usize> {
    let mut seen = BTreeMap::new();
    for alert in lab.history().await {
        if alert["labels"]["alertname"] == "Flow" {
            *seen
                .entry(alert["labels"]["target"].as_str().unwrap().to_owned())
                .or_default() += 1;
        }
    }
    seen
}

#[tokio::test]
async fn every_part_comes_back_and_nothing_acknowledged_is_lost_or_doubled() {
    let lab = Lab::builder().up();
    within(
        Duration::from_secs(40),
        "Prometheus has history",
        || async {
            lab.query("ping_success_total{target=\"demo\"} > 0")
                .await
                .pop()
        },
    )
    .await;
    let before = lab
        .query("min_over_time(timestamp(ping_success_total{target=\"demo\"})[10m:1s])")
        .await;
    let oldest: f64 = before[0]["value"][1].as_str().unwrap().parse().unwrap();

    for (round, part) in PARTS.iter().enumerate() {
        let count = (round + 1) * ROUND;
        eventually("Alertmanager takes the alerts", || send(&lab, count)).await;
        // The notifications are on their way (group_wait is 5 s) when the part dies.
        let acknowledged = eventually("a new alert is in the history", || async {
            let seen = in_history(&lab).await;
            (seen.len() > round * ROUND).then_some(seen)
        })
        .await;
        let dead = lab.status(part);
        kill(&dead["pid"]);
        eventually(&format!("{part} comes back"), || async {
            let status = lab.status(part);
            let back = status["state"] == "ready"
                && status["restarts"] == 1
                && status["pid"] != dead["pid"];
            back.then_some(())
        })
        .await;
        let after = in_history(&lab).await;
        assert!(
            acknowledged.keys().all(|target| after.contains_key(target)),
            "{part}: {acknowledged:?} {after:?}"
        );
    }

    // Alertmanager forgets when it is killed; Prometheus would send again, and so do we.
    let complete = within(
        Duration::from_secs(90),
        "every alert is in the history",
        || async {
            send(&lab, ALERTS).await?;
            let seen = in_history(&lab).await;
            (seen.len() == ALERTS).then_some(seen)
        },
    );
    let (seen, _) = complete.await;
    assert!(seen.values().all(|times| *times == 1), "{seen:?}");

    let after = within(Duration::from_secs(30), "Prometheus answers", || async {
        lab.query("min_over_time(timestamp(ping_success_total{target=\"demo\"})[10m:1s])")
            .await
            .pop()
    });
    let still: f64 = after.await.0["value"][1].as_str().unwrap().parse().unwrap();
    assert!(
        still <= oldest,
        "history begins at {still}, and began at {oldest}"
    );
}
