//! The API server accepts the chart in every variant of tests/terraform/values.

use std::process::Stdio;

use cluster_tests::{Checkout, Node, output, succeeds};
use serde_json::{Value, json};

use crate::connections::{Extras, match_the_contract};

/// A namespace with the release's labels and without a release.
const NAMESPACE: &str = "variants";

pub fn are_accepted(node: &Node, checkout: &Checkout) {
    create_namespace(node);
    let folder = std::fs::read_dir(checkout.path("tests/terraform/values")).unwrap();
    let mut names: Vec<String> = folder
        .filter_map(|entry| {
            let name = entry.unwrap().file_name().into_string().unwrap();
            Some(name.strip_suffix(".yaml")?.to_owned())
        })
        .collect();
    names.sort();
    assert!(names.len() > 5, "{names:?}");
    for name in &names {
        println!("   {name}");
        let objects = dry_run(node, checkout, name);
        let extras = Extras {
            ingress: name == "ingress",
            smtp: (name == "smtp").then_some(587),
            remote_write: (name == "remote-write").then_some(9009),
        };
        match_the_contract(&objects, NAMESPACE, extras);
    }
    succeeds(
        node.command("kubectl")
            .args(["delete", "namespace", NAMESPACE, "--wait=false"]),
    );
}

fn create_namespace(node: &Node) {
    let ours = node.get(&["namespace", cluster_tests::NAMESPACE]);
    let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {
        "name": NAMESPACE, "labels": ours["metadata"]["labels"],
    }});
    let file = stdin_file(&namespace.to_string());
    let mut kubectl = node.command("kubectl");
    succeeds(kubectl.args(["create", "--filename", "-"]).stdin(file));
}

fn dry_run(node: &Node, checkout: &Checkout, name: &str) -> Vec<Value> {
    let mut helm = node.command("helm");
    helm.args([
        "template",
        "uptimepulse",
        "terraform/chart",
        "--namespace",
        NAMESPACE,
        // The node's version.
        "--kube-version",
        "1.34",
    ]);
    for values in ["tags.yaml", &format!("values/{name}.yaml")] {
        helm.args(["--values", &format!("tests/terraform/{values}")]);
    }
    let rendered = succeeds(helm.current_dir(checkout.root()));
    let mut kubectl = node.command("kubectl");
    kubectl
        .args([
            "apply",
            "--dry-run=server",
            "--output=json",
            "--filename",
            "-",
        ])
        .stdin(stdin_file(&rendered));
    let answer = output(&mut kubectl);
    let message = String::from_utf8_lossy(&answer.stderr);
    // A pod template that violates the namespace's profile only causes a warning.
    assert!(
        answer.status.success() && !message.contains("Warning"),
        "{name}: {message}"
    );
    let list: Value = serde_json::from_slice(&answer.stdout).unwrap();
    list["items"].as_array().unwrap().clone()
}

/// Returns a file with this text for a program's stdin.
fn stdin_file(text: &str) -> Stdio {
    use std::io::{Seek as _, Write as _};
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    file.rewind().unwrap();
    Stdio::from(file)
}
