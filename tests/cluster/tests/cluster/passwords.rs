//! Passwords are in their Secrets and nowhere else: not in the state, the plan, values, ConfigMaps or specs.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cluster_tests::{NAMESPACE, Node, Password, Stack, succeeds};

pub fn nowhere_but_in_secrets(node: &Node, stack: &Stack, passwords: &[Password]) {
    let mut helm = node.command("helm");
    helm.args(["get", "all", "uptimepulse", "--namespace", NAMESPACE]);
    let get = |what: &str| node.text(&["get", what, "--output", "json"]);
    let mut sources = vec![
        ("the plan", stack.plan().to_string()),
        ("the release", succeeds(&mut helm)),
        ("a ConfigMap", get("configmaps")),
        ("a workload", get("deployments,statefulsets,pods")),
    ];
    // A state that names the Secret is really the state.
    if let Some(path) = stack.state_file() {
        let state = std::fs::read_to_string(path).unwrap();
        assert!(
            state.contains("alertmanager-smtp"),
            "the state does not name the Secret"
        );
        sources.push(("the state", state));
    } else {
        println!("   there is no state, because Terraform applied nothing itself");
    }
    for password in passwords {
        let template = "--output=go-template={{.data.password|base64decode}}";
        let stored = node.text(&["get", "secret", password.secret, template]);
        assert_eq!(stored, password.value, "{}", password.secret);
        let encoded = STANDARD.encode(password.value);
        for (source, text) in &sources {
            let found = text.contains(password.value) || text.contains(&encoded);
            assert!(
                !found,
                "{source} contains the password of {}",
                password.secret
            );
        }
    }
}
