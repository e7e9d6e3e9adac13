//! An edit in monitoring/ is a change of the plan, and reaches the running servers without a restart.

use std::time::{Duration, Instant};

use cluster_tests::{Checkout, Node, Stack, within};
use serde_json::Value;

/// The contract, from the end of the apply.
const LIVE_WITHIN: Duration = Duration::from_secs(90);

const TARGET: &str = r#"
[[target]]
name = "edited"
url = "http://demo-target:8080/t/edited"
"#;

pub fn are_live(node: &Node, stack: &Stack, checkout: &Checkout) {
    checkout.edit(
        "monitoring/prometheus/rules/targets.yml",
        "summary: A target is down\n",
        "summary: A target is down, says an edited rule\n",
    );
    checkout.append("monitoring/targets.toml", TARGET);
    let changes = [
        "kubernetes_config_map_v1/prometheus-rules",
        "kubernetes_config_map_v1/targets",
    ];
    assert_eq!(stack.changes(), changes, "other objects change, too");

    let before = [node.pod("prometheus"), node.pod("ping-agent")].map(|pod| restarts(&pod));
    stack.apply();
    let applied = Instant::now();
    within(
        LIVE_WITHIN,
        applied,
        "Prometheus has the edited rule",
        || {
            let rules = node.fetch("prometheus", "/api/v1/rules")?.to_string();
            let is_there = rules.contains("says an edited rule");
            is_there
                .then_some(())
                .ok_or_else(|| "the old rules".to_owned())
        },
    );
    within(
        LIVE_WITHIN,
        applied,
        "ping-agent has probed the new target",
        || {
            let summary = node.summary()?;
            let mut targets = summary.targets.iter();
            let is_there =
                targets.any(|target| target.target == "edited" && target.figures.success > 0.0);
            is_there.then_some(()).ok_or_else(|| format!("{summary:?}"))
        },
    );
    let after = [node.pod("prometheus"), node.pod("ping-agent")].map(|pod| restarts(&pod));
    assert_eq!(before, after, "restarted for an edit");
}

/// Returns the pod's uid and the number of restarts of each container, to detect a restart.
fn restarts(pod: &Value) -> (Value, Vec<Value>) {
    let containers = pod["status"]["containerStatuses"].as_array().unwrap();
    let counts = containers
        .iter()
        .map(|container| container["restartCount"].clone())
        .collect();
    (pod["metadata"]["uid"].clone(), counts)
}
