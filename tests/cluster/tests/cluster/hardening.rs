//! Containers run as nobody, with read-only files and without a token of the API server. The tests check the specs and the
//! processes.

use std::collections::BTreeMap;

use cluster_tests::Node;
use serde_json::{Value, json};

pub fn every_container_is_confined(node: &Node) {
    let processes: BTreeMap<_, _> = node.processes().into_iter().collect();
    let mut count = 0;
    for pod in node.list(&["pods"]) {
        let name = pod["metadata"]["name"].as_str().unwrap();
        is_without_token(name, &pod["spec"]);
        for container in pod["spec"]["containers"].as_array().unwrap() {
            has_the_right_spec(name, &pod["spec"], container);
        }
        for container in pod["status"]["containerStatuses"].as_array().unwrap() {
            let id = container["containerID"].as_str().unwrap();
            let id = id.trim_start_matches("containerd://");
            is_confined(&format!("{} of {name}", container["name"]), processes[id]);
            count += 1;
        }
    }
    println!("   {count} containers");
}

fn is_without_token(name: &str, spec: &Value) {
    assert_eq!(spec["automountServiceAccountToken"], false, "{name}");
    for volume in spec["volumes"].as_array().into_iter().flatten() {
        let text = volume.to_string();
        assert!(
            !text.contains("serviceAccountToken"),
            "{name} mounts {text}"
        );
    }
}

fn has_the_right_spec(pod: &str, spec: &Value, container: &Value) {
    let what = format!("{} of {pod}", container["name"]);
    assert_eq!(spec["securityContext"]["runAsNonRoot"], true, "{what}");
    let security = &container["securityContext"];
    assert_eq!(security["readOnlyRootFilesystem"], true, "{what}");
    assert_eq!(security["allowPrivilegeEscalation"], false, "{what}");
    assert_eq!(security["capabilities"], json!({"drop": ["ALL"]}), "{what}");
    for kind in ["requests", "limits"] {
        assert!(
            container["resources"][kind]["memory"].is_string(),
            "{what} has no {kind}"
        );
    }
}

/// Checks the container's process in /proc.
fn is_confined(what: &str, pid: u32) {
    let read = |file: &str| std::fs::read_to_string(format!("/proc/{pid}/{file}")).unwrap();
    let status = read("status");
    let field = |name: &str| {
        let line = status.lines().find(|line| line.starts_with(name)).unwrap();
        line.split_whitespace().nth(1).unwrap().to_owned()
    };
    assert_eq!(field("Uid:"), "65534", "{what}: user");
    assert_eq!(field("Gid:"), "65534", "{what}: group");
    assert_eq!(field("CapEff:"), "0000000000000000", "{what}: capabilities");
    assert_eq!(field("NoNewPrivs:"), "1", "{what}: could gain privileges");
    assert_eq!(field("Seccomp:"), "2", "{what}: no seccomp filter");
    let mounts = read("mountinfo");
    let of_the_root = |line: &&str| line.split_whitespace().nth(4) == Some("/");
    let root = mounts.lines().find(of_the_root).unwrap();
    let options = root.split_whitespace().nth(5).unwrap();
    assert!(
        options.split(',').any(|option| option == "ro"),
        "{what}: {root}"
    );
    assert!(!mounts.contains("/serviceaccount"), "{what}: a token");
}
