//! History survives the replacement of pods.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use cluster_tests::{Node, within};
use serde_json::Value;

use crate::comes_up::is_ready;

/// Twice the time that Prometheus gives a remote store to receive pending samples, and 30 s for a busy machine.
const STOPPED_WITHIN: Duration = Duration::from_secs(35);

pub fn survives(node: &Node) {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_secs();
    // Including samples that were just written.
    let samples = samples(node, now).expect("samples before");
    let alert = demo_alert(node).expect("the alert before");
    let pods = ["prometheus", "alert-logger"].map(|part| (part, node.pod(part)));

    let begun = Instant::now();
    // kubectl returns when the pods are deleted.
    let _ = node.text(&[
        "delete",
        "pod",
        "--selector",
        "app in (prometheus, alert-logger)",
    ]);
    let took = begun.elapsed();
    assert!(
        took <= STOPPED_WITHIN,
        "Prometheus, whose remote store is unavailable, took {took:?} to stop"
    );
    for (part, old) in &pods {
        within(
            Duration::from_secs(90),
            begun,
            &format!("{part} is back"),
            || {
                let pods = node.list(&["pods", "--selector", &format!("app={part}")]);
                let is_new = |pod: &&Value| {
                    pod["metadata"]["uid"] != old["metadata"]["uid"] && is_ready(pod)
                };
                pods.iter()
                    .find(is_new)
                    .map(drop)
                    .ok_or_else(|| format!("{pods:?}"))
            },
        );
    }
    // The Service routes to a pod some time after it is ready.
    let ready = Instant::now();
    let same = within(Duration::from_secs(30), ready, "Prometheus answers", || {
        self::samples(node, now)
    });
    assert_eq!(samples, same, "samples from before the deletion");
    let same = within(
        Duration::from_secs(30),
        ready,
        "alert-logger answers",
        || demo_alert(node),
    );
    for key in ["fingerprint", "starts_at"] {
        let (before, after) = (alert[key].as_str(), same[key].as_str());
        assert!(before.is_some(), "no {key} in {alert}");
        assert_eq!(before, after, "the alert from before the deletion");
    }
}

/// Returns the samples of the demo target's counter in the 2 minutes before `until` (seconds since 1970).
fn samples(node: &Node, until: u64) -> Result<Value, String> {
    let query = "ping_success_total%7Btarget=%22demo%22%7D%5B2m%5D";
    let answer = node.fetch(
        "prometheus",
        &format!("/api/v1/query?query={query}&time={until}"),
    )?;
    let values = &answer["data"]["result"][0]["values"];
    let count = values.as_array().map_or(0, Vec::len);
    (count >= 4)
        .then(|| values.clone())
        .ok_or_else(|| format!("{count} samples"))
}

fn demo_alert(node: &Node) -> Result<Value, String> {
    let history = node.fetch("alert-logger", "/api/v1/alerts")?;
    let alerts = history["alerts"].as_array().unwrap();
    let is_it = |alert: &&Value| {
        alert["labels"]["alertname"] == "TargetDown" && alert["labels"]["target"] == "demo"
    };
    alerts
        .iter()
        .find(is_it)
        .cloned()
        .ok_or_else(|| history.to_string())
}
