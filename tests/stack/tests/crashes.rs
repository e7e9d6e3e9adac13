//! kill -9 of each part in turn, while alerts flow.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests: a panic is the message"
)]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use lab::part::Part;
use rustix::process::{Signal, kill_process};
use serde_json::{Value, json};
use stack_tests::lab;
use test_support::{Lab, client, eventually, until, within};

/// A new alert begins this often while the parts die, at most this many in all.
const PACE: Duration = Duration::from_millis(100);
const ALERTS: usize = 600;

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

async fn send(alertmanager: &str, count: usize) -> Option<()> {
    let answer = client()
        .post(alertmanager)
        .json(&alerts(count))
        .send()
        .await
        .ok()?;
    answer.status().is_success().then_some(())
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

/// When the first sample of the demo target was scraped, in seconds since 1970.
async fn beginning(lab: &Lab) -> Option<f64> {
    let query = "min_over_time(timestamp(ping_success_total{target=\"demo\"})[10m:1s])";
    let series = lab.query(query).await.pop()?;
    series["value"][1].as_str()?.parse().ok()
}

#[tokio::test]
async fn every_part_comes_back_and_nothing_acknowledged_is_lost_or_doubled() {
    let lab = lab().up();
    lab.wait_for_history().await;
    let (oldest, _) = within(Duration::from_secs(10), "its beginning", || beginning(&lab)).await;

    let alertmanager = lab.url("alertmanager", "/api/v2/alerts");
    let flowing = Arc::new(AtomicUsize::new(0));
    let flow = tokio::spawn({
        let (alertmanager, flowing) = (alertmanager.clone(), flowing.clone());
        async move {
            for count in 1..=ALERTS {
                // Alertmanager is one of those that die.
                let _ = send(&alertmanager, count).await;
                flowing.store(count, Ordering::Relaxed);
                tokio::time::sleep(PACE).await;
            }
        }
    });
    let parts = Part::ALL.into_iter().filter(|part| *part != Part::Grafana);
    for part in parts.map(Part::name) {
        let known = in_history(&lab).await.len();
        let acknowledged = eventually("new alerts are in the history", || async {
            let seen = in_history(&lab).await;
            (seen.len() > known + 5).then_some(seen)
        })
        .await;
        let dead = lab.pid(part);
        kill_process(dead, Signal::KILL).unwrap();
        until(&format!("{part} comes back"), async || {
            let status = lab.status(part);
            status["state"] == "ready"
                && status["restarts"] == 1
                && status["pid"] != dead.as_raw_nonzero().get()
        })
        .await;
        let after = in_history(&lab).await;
        assert!(
            acknowledged.keys().all(|target| after.contains_key(target)),
            "{part}: {acknowledged:?} {after:?}"
        );
    }
    flow.abort();
    let count = flowing.load(Ordering::Relaxed);
    assert!(
        count < ALERTS,
        "the alerts ran out before the last part died"
    );

    // Alertmanager forgets when it is killed; Prometheus would send again, and so do we.
    let (seen, _) = within(
        Duration::from_secs(90),
        "every alert is in the history",
        || async {
            send(&alertmanager, count).await?;
            let seen = in_history(&lab).await;
            (seen.len() >= count).then_some(seen)
        },
    )
    .await;
    assert!(seen.values().all(|times| *times == 1), "{seen:?}");

    let (still, _) = within(Duration::from_secs(30), "Prometheus answers", || {
        beginning(&lab)
    })
    .await;
    assert!(
        still <= oldest,
        "history begins at {still}, and began at {oldest}"
    );
}
