//! Folders with names that Prometheus would read as globs, and the checks of `./lab up` before it reports that the lab is up.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "tests: a panic is the message"
)]

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use stack_tests::lab;
use tempfile::TempDir;
use test_support::{get_json, repository};

/// Every character that is special in a glob or a shell, and a blank.
const HOSTILE: &str = "[a-z] b]c[ *?{d,e}\\f$g-";

/// Creates a root with a copy of `monitoring/` that can be edited.
fn checkout(prefix: &str) -> TempDir {
    let root = tempfile::Builder::new().prefix(prefix).tempdir().unwrap();
    copy(
        &repository().join("monitoring"),
        &root.path().join("monitoring"),
    );
    fs::create_dir(root.path().join(".lab")).unwrap();
    let tools = repository().join(".lab/tools");
    symlink(tools, root.path().join(".lab/tools")).unwrap();
    root
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}

#[tokio::test]
async fn a_lab_in_a_folder_named_like_a_glob_has_its_rules_and_targets_when_up_returns() {
    let root = checkout(HOSTILE);
    let lab = lab()
        .folder(HOSTILE)
        .variable("LAB_ROOT", root.path().to_str().unwrap())
        .up();
    let fetch = async |path: &str| get_json(&lab.url("prometheus", path)).await.unwrap();
    let rules = fetch("/api/v1/rules").await;
    assert!(
        !rules["data"]["groups"].as_array().unwrap().is_empty(),
        "{rules}"
    );
    let targets = fetch("/api/v1/targets").await;
    assert!(
        targets["data"]["activeTargets"].as_array().unwrap().len() >= 7,
        "{targets}"
    );
    let alertmanagers = fetch("/api/v1/alertmanagers").await;
    assert_eq!(
        alertmanagers["data"]["activeAlertmanagers"]
            .as_array()
            .unwrap()
            .len(),
        1,
        "{alertmanagers}"
    );
}

#[test]
fn up_fails_and_names_the_rules_that_prometheus_did_not_load() {
    let root = checkout("lab-");
    let config = root.path().join("monitoring/prometheus/prometheus.yml");
    let text = fs::read_to_string(&config).unwrap();
    assert!(text.contains("rules/*.yml"), "{text}");
    fs::write(&config, text.replace("rules/*.yml", "elsewhere/*.yml")).unwrap();
    let lab = lab()
        .variable("LAB_ROOT", root.path().to_str().unwrap())
        .build();
    let up = lab.try_up();
    let message = String::from_utf8_lossy(&up.stderr);
    assert_eq!(up.status.code(), Some(1), "{message}");
    assert!(
        message.contains("Prometheus has not loaded") && message.contains("latency of slo.yml"),
        "{message}"
    );
    assert!(!message.contains("Alertmanager at"), "{message}");
    assert!(!lab.run(&["status"]).status.success(), "no part runs");
}
