//! The chart in every variant of tests/terraform/values, as the API server itself takes it.

use std::process::Stdio;

use cluster_tests::{Checkout, Node, output, succeeds};
use serde_json::{Value, json};

use crate::connections::{Extras, are_the_contracts};

/// A namespace like that of the release, without one in it.
const NAMESPACE: &str = "variants";

pub fn are_taken(node: &Node, checkout: &Checkout) {
    make_namespace(node);
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
        are_the_contracts(&objects, NAMESPACE, extras);
    }
    succeeds(
        node.command("kubectl")
            .args(["delete", "namespace", NAMESPACE, "--wait=false"]),
    );
}

fn make_namespace(node: &Node) {
    let ours = node.get(&["namespace", cluster_tests::NAMESPACE]);
    let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {
        "name": NAMESPACE, "labels": ours["metadata"]["labels"],
    }});
    let file = checkout_file(&namespace.to_string());
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
        // The node's.
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
        .stdin(checkout_file(&rendered));
    let answer = output(&mut kubectl);
    let said = String::from_utf8_lossy(&answer.stderr);
    // A pod template that breaks the namespace's profile is a warning only.
    assert!(
        answer.status.success() && !said.contains("Warning"),
        "{name}: {said}"
    );
    let list: Value = serde_json::from_slice(&answer.stdout).unwrap();
    list["items"].as_array().unwrap().clone()
}

/// A file with this text, for a program's stdin.
fn checkout_file(text: &str) -> Stdio {
    use std::io::{Seek as _, Write as _};
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    file.rewind().unwrap();
    Stdio::from(file)
}
