//! Every part is killed with SIGKILL in turn while alerts arrive.
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

/// The interval between new alerts while parts are killed, and their highest number.
const PACE: Duration = Duration::from_millis(100);
const ALERTS: usize = 600;

/// Returns alerts as Prometheus sends them: each time all that fire, each with its start.
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

/// Returns how often each of the alerts is in the history.
async fn in_history(lab: &Lab) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for alert in lab.history().await {
        if alert["labels"]["alertname"] == "Flow" {
            *counts
                .entry(alert["labels"]["target"].as_str().unwrap().to_owned())
                .or_default() += 1;
        }
    }
    counts
}

/// Returns the time of the demo target's oldest sample, in seconds since 1970.
async fn oldest_sample(lab: &Lab) -> Option<f64> {
    let query = "min_over_time(timestamp(ping_success_total{target=\"demo\"})[10m:1s])";
    let series = lab.query(query).await.pop()?;
    series["value"][1].as_str()?.parse().ok()
}

#[tokio::test]
async fn every_part_comes_back_and_nothing_acknowledged_is_lost_or_doubled() {
    let lab = lab().up();
    lab.wait_for_history().await;
    let (oldest, _) = within(Duration::from_secs(10), "its oldest sample", || {
        oldest_sample(&lab)
    })
    .await;

    let alertmanager = lab.url("alertmanager", "/api/v2/alerts");
    let sent = Arc::new(AtomicUsize::new(0));
    let flow = tokio::spawn({
        let (alertmanager, sent) = (alertmanager.clone(), sent.clone());
        async move {
            for count in 1..=ALERTS {
                // Alertmanager is killed, too.
                let _ = send(&alertmanager, count).await;
                sent.store(count, Ordering::Relaxed);
                tokio::time::sleep(PACE).await;
            }
        }
    });
    let parts = Part::ALL.into_iter().filter(|part| *part != Part::Grafana);
    for part in parts.map(Part::name) {
        let before = in_history(&lab).await.len();
        let acknowledged = eventually("new alerts are in the history", || async {
            let counts = in_history(&lab).await;
            (counts.len() > before + 5).then_some(counts)
        })
        .await;
        let killed = lab.pid(part);
        kill_process(killed, Signal::KILL).unwrap();
        until(&format!("{part} comes back"), async || {
            let status = lab.status(part);
            status["state"] == "ready"
                && status["restarts"] == 1
                && status["pid"] != killed.as_raw_nonzero().get()
        })
        .await;
        let after = in_history(&lab).await;
        assert!(
            acknowledged.keys().all(|target| after.contains_key(target)),
            "{part}: {acknowledged:?} {after:?}"
        );
    }
    flow.abort();
    let count = sent.load(Ordering::Relaxed);
    assert!(
        count < ALERTS,
        "the alerts ran out before the last part was killed"
    );

    // Alertmanager loses alerts when it is killed. Prometheus would resend them, and so does this test.
    let (counts, _) = within(
        Duration::from_secs(90),
        "every alert is in the history",
        || async {
            send(&alertmanager, count).await?;
            let counts = in_history(&lab).await;
            (counts.len() >= count).then_some(counts)
        },
    )
    .await;
    assert!(counts.values().all(|times| *times == 1), "{counts:?}");

    let (still, _) = within(Duration::from_secs(30), "Prometheus answers", || {
        oldest_sample(&lab)
    })
    .await;
    assert!(
        still <= oldest,
        "history begins at {still}, and began at {oldest}"
    );
}
