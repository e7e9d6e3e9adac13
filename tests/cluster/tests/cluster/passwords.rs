//! A password is in its Secret and nowhere else: no state, no plan, no values, no ConfigMap, no spec.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cluster_tests::{NAMESPACE, Node, Password, Stack, succeeds};

pub fn nowhere_but_in_secrets(node: &Node, stack: &Stack, passwords: &[Password]) {
    let mut helm = node.command("helm");
    helm.args(["get", "all", "uptimepulse", "--namespace", NAMESPACE]);
    let get = |what: &str| node.text(&["get", what, "--output", "json"]);
    let mut places = vec![
        ("the plan", stack.plan().to_string()),
        ("the release", succeeds(&mut helm)),
        ("a ConfigMap", get("configmaps")),
        ("a workload", get("deployments,statefulsets,pods")),
    ];
    // A place that names the Secret was really looked at.
    if let Some(path) = stack.state_file() {
        let state = std::fs::read_to_string(path).unwrap();
        assert!(state.contains("alertmanager-smtp"), "that is no state");
        places.push(("the state", state));
    } else {
        println!("   there is no state: nothing was applied by Terraform itself");
    }
    for password in passwords {
        let template = "--output=go-template={{.data.password|base64decode}}";
        let kept = node.text(&["get", "secret", password.secret, template]);
        assert_eq!(kept, password.value, "{}", password.secret);
        let encoded = STANDARD.encode(password.value);
        for (place, text) in &places {
            let found = text.contains(password.value) || text.contains(&encoded);
            assert!(!found, "{place} has the password of {}", password.secret);
        }
    }
}
