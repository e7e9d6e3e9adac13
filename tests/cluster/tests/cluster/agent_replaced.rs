//! ping-agent's pod is replaced, and whoever asks the gateway does not notice but for the mark.

use std::time::{Duration, Instant};

use cluster_tests::{Node, pause};
use serde_json::Value;

/// So long the gateway gives the last counts of an agent that is away.
const LAST_COUNTS_FOR: Duration = Duration::from_secs(30);

/// For a pod to be replaced on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);

pub fn costs_no_answer(node: &Node) {
    let old = node.pod("ping-agent");
    let begun = Instant::now();
    let _ = node.text(&["delete", "pod", "ping-agent-0", "--wait=false"]);
    let (mut last_whole, mut marked) = (begun, 0);
    loop {
        assert!(begun.elapsed() < PATIENCE, "ping-agent is not back");
        let asked = Instant::now();
        match node.summary() {
            Ok(summary) if summary.partial.is_empty() => {
                last_whole = asked;
                let pods = node.list(&["pods", "--selector", "app=ping-agent"]);
                let is_new = |pod: &Value| {
                    pod["metadata"]["uid"] != old["metadata"]["uid"]
                        && super::comes_up::is_ready(pod)
                };
                if pods.iter().any(is_new) {
                    break;
                }
            }
            // With numbers, or it would be no summary.
            Ok(_) => marked += 1,
            Err(error) => assert!(
                last_whole.elapsed() > LAST_COUNTS_FOR,
                "{:?} after a whole answer: {error}",
                last_whole.elapsed()
            ),
        }
        pause();
    }
    println!("   {marked} answers were marked, and none was missing");
}
