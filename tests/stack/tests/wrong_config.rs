//! Services reject a wrong configuration with exit code 64 and a message that names the key, its value and what is allowed.
//! Each case is a fixture.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests: a panic is the message"
)]

use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;
use stack_tests::binary;
use test_support::{command, repository};
use tokio::process::Command;

#[tokio::test]
async fn every_fixture_is_rejected_with_its_message() {
    let folder = repository().join("tests/stack/fixtures/wrong_config");
    let mut cases = 0;
    for entry in std::fs::read_dir(&folder).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if path.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        let case: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        check_rejected(&entry.file_name().to_string_lossy(), &case).await;
        cases += 1;
    }
    assert!(cases >= 15, "{cases} cases");
}

async fn check_rejected(name: &str, case: &Value) {
    let variables = case["environment"].as_object().unwrap();
    // The process is killed on drop, and with it a listener that a wrongly accepted configuration opened.
    let variables: Vec<_> = variables
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str().unwrap()))
        .collect();
    let program = binary(case["service"].as_str().unwrap());
    let run = Command::from(command(program, &variables))
        .current_dir(repository().join("tests/stack/fixtures/wrong_config"))
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output();
    let output = tokio::time::timeout(Duration::from_secs(5), run).await;
    let output = output
        .unwrap_or_else(|_| panic!("{name}: the service keeps running"))
        .unwrap();
    let message = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(64), "{name}: {message}");
    for part in case["message"].as_array().unwrap() {
        assert!(
            message.contains(part.as_str().unwrap()),
            "{name}: {part} is not in {message:?}"
        );
    }
    assert!(
        !message.contains("hunter2"),
        "{name}: a password is in {message:?}"
    );
    assert_eq!(
        message.trim_end().lines().count(),
        1,
        "{name}: more than one message: {message:?}"
    );
}
