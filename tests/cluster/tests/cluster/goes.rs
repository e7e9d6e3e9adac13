//! `terraform destroy` removes everything except the volumes that the storage class retains.

use std::time::{Duration, Instant};

use cluster_tests::{NAMESPACE, Node, Stack, output, succeeds, within};
use serde_json::Value;

pub fn completely(node: &Node, stack: &Stack) {
    stack.destroy();
    let answer = output(&mut node.kubectl(&["get", "namespace", NAMESPACE]));
    let message = String::from_utf8_lossy(&answer.stderr);
    assert!(
        message.contains("NotFound"),
        "the namespace exists: {message}"
    );

    let everywhere = |kinds: &str| -> Vec<Value> {
        let mut kubectl = node.command("kubectl");
        let text = succeeds(kubectl.args(["get", kinds, "--all-namespaces", "--output", "json"]));
        let list: Value = serde_json::from_str(&text).unwrap();
        list["items"].as_array().unwrap().clone()
    };
    let claims = everywhere("persistentvolumeclaims");
    assert!(claims.is_empty(), "claims: {claims:?}");
    let volumes = everywhere("persistentvolumes");
    assert!(!volumes.is_empty(), "the node has volumes");
    // The controller releases volumes some time after their claims are deleted.
    let limit = Duration::from_secs(30);
    within(limit, Instant::now(), "every volume is released", || {
        let volumes = everywhere("persistentvolumes");
        let bound = volumes
            .iter()
            .find(|volume| volume["status"]["phase"] == "Bound");
        bound.map_or(Ok(()), |volume| Err(volume.to_string()))
    });
    let kinds = "clusterroles,clusterrolebindings,validatingwebhookconfigurations,customresourcedefinitions";
    let ours: Vec<_> = everywhere(kinds)
        .into_iter()
        .filter(|object| object["metadata"].to_string().contains("uptimepulse"))
        .collect();
    assert!(ours.is_empty(), "left in the cluster: {ours:?}");
    if let Some(path) = stack.state_file() {
        let state = std::fs::read_to_string(path).unwrap();
        let state: Value = serde_json::from_str(&state).unwrap();
        assert_eq!(
            state["resources"],
            serde_json::json!([]),
            "left in the state"
        );
    }
}
