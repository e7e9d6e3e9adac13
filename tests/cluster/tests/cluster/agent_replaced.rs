//! While ping-agent's pod is replaced, the gateway answers with its last counts and marks them as partial.

use std::time::{Duration, Instant};

use cluster_tests::{Node, pause};
use serde_json::Value;

/// How long the gateway returns the last counts of an unavailable agent.
const LAST_COUNTS_FOR: Duration = Duration::from_secs(30);

/// The time to replace a pod on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);

pub fn loses_no_answer(node: &Node) {
    let old = node.pod("ping-agent");
    let begun = Instant::now();
    let _ = node.text(&["delete", "pod", "ping-agent-0", "--wait=false"]);
    let (mut last_whole, mut marked) = (begun, 0);
    loop {
        assert!(begun.elapsed() < PATIENCE, "ping-agent is not back");
        let sent = Instant::now();
        match node.summary() {
            Ok(summary) if summary.partial.is_empty() => {
                last_whole = sent;
                let pods = node.list(&["pods", "--selector", "app=ping-agent"]);
                let is_new = |pod: &Value| {
                    pod["metadata"]["uid"] != old["metadata"]["uid"]
                        && super::comes_up::is_ready(pod)
                };
                if pods.iter().any(is_new) {
                    break;
                }
            }
            // A partial summary has numbers, too; without them it would not parse.
            Ok(_) => marked += 1,
            Err(error) => assert!(
                last_whole.elapsed() > LAST_COUNTS_FOR,
                "{:?} after a whole answer: {error}",
                last_whole.elapsed()
            ),
        }
        pause();
    }
    println!("   {marked} answers were marked as partial, and none was missing");
}
