//! Enables autoscaling on the running stack.

use std::collections::BTreeSet;

use cluster_tests::{Checkout, Node, Stack, Variables};
use serde_json::{Value, json};

pub fn stops_no_replica(node: &Node, checkout: &Checkout, variables: &Variables) {
    let before = replicas(node);
    assert_eq!(before.len(), 2, "{before:?}");
    let settings = json!({"max_replicas": 4});
    let variables = variables.clone().with("gateway_autoscaling", settings);
    let stack = Stack::new(checkout, node, variables);
    stack.apply();
    let after = replicas(node);
    assert!(before.is_subset(&after), "{before:?} became {after:?}");
    let deployment = node.get(&["deployment", "api-gateway"]);
    assert_eq!(deployment["spec"]["replicas"], 2);
    assert_eq!(node.list(&["horizontalpodautoscalers"]).len(), 1);
}

/// Returns the names of the replicas that are not being deleted.
fn replicas(node: &Node) -> BTreeSet<String> {
    let pods = node.list(&["pods", "--selector", "app=api-gateway"]);
    let lives = |pod: &&Value| pod["metadata"]["deletionTimestamp"].is_null();
    let name = |pod: &Value| pod["metadata"]["name"].as_str().map(str::to_owned);
    pods.iter().filter(lives).filter_map(name).collect()
}
