//! A failing target's alert reaches alert-logger's log.

use std::time::{Duration, Instant};

use cluster_tests::{Forward, Node, within};
use serde_json::Value;

/// The contract: the time from a fault that fails at once to the line in the log.
const FIRING_WITHIN: Duration = Duration::from_secs(150);

/// A fault that makes every probe of the demo target fail. It is cleared when dropped.
pub struct Fault<'a> {
    node: &'a Node,
    forward: Forward,
    since: Instant,
}

impl<'a> Fault<'a> {
    /// Sets the fault through a port-forward, because the demo target accepts faults only from loopback.
    pub fn set(node: &'a Node) -> Self {
        let forward = node.forward("demo-target", 8080);
        let fault = r#"{"kind":"status","status":503}"#;
        let url = format!("{}/faults/ok", forward.url);
        node.http(&url, &["--request", "PUT", "--data", fault])
            .expect("a fault");
        Self {
            node,
            forward,
            since: Instant::now(),
        }
    }

    pub fn reaches_the_log(&self, node: &Node) {
        within(FIRING_WITHIN, self.since, "the line of TargetDown", || {
            payload(node, "firing").ok_or_else(|| "no such line".to_owned())
        });
    }
}

impl Drop for Fault<'_> {
    fn drop(&mut self) {
        let url = format!("{}/faults/ok", self.forward.url);
        let _ = self.node.http(&url, &["--request", "DELETE"]);
    }
}

/// Returns the payload about the demo target that alert-logger wrote to stdout.
fn payload(node: &Node, status: &str) -> Option<Value> {
    let log = node.text(&["logs", "deployment/alert-logger"]);
    log.lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .find(|payload| {
            payload["status"] == status
                && payload["groupLabels"]["alertname"] == "TargetDown"
                && payload["groupLabels"]["target"] == "demo"
        })
}
