//! Tests invalid configuration: exit code 64 and one message with the key, the value and the allowed values.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use test_support::command;

const URL: (&str, &str) = ("PING_TARGET_URLS", "http://127.0.0.1:1/");

#[track_caller]
fn rejected(environment: &[(&str, &str)], parts: &[&str]) {
    let program = env!("CARGO_BIN_EXE_ping-agent");
    let output = command(program, environment).output().unwrap();
    let message = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(64), "{environment:?}: {message}");
    assert_eq!(message.lines().count(), 1, "{message}");
    for part in parts {
        assert!(message.contains(part), "{part} is not in: {message}");
    }
    assert!(!message.contains("hunter2"), "{message}");
}

#[test]
fn at_least_one_target_is_required() {
    rejected(&[], &["PING_TARGET_URLS", "PING_TARGETS_FILE"]);
    rejected(&[("PING_TARGET_URLS", " , ")], &["PING_TARGET_URLS"]);
    rejected(
        &[("PING_TARGETS_FILE", "/nowhere/targets.toml")],
        &["/nowhere/targets.toml", "readable"],
    );
}

#[test]
fn targets_must_be_urls_of_a_known_scheme_and_differ() {
    rejected(
        &[("PING_TARGET_URLS", "gopher://me:hunter2@host/")],
        &["PING_TARGET_URLS", "gopher", "http"],
    );
    rejected(
        &[("PING_TARGET_URLS", "tcp://host:22")],
        &["PING_TARGET_URLS", "tcp", "http, https"],
    );
    rejected(
        &[(
            "PING_TARGET_URLS",
            "http://a:hunter2@host/,http://a:hunter22@host/",
        )],
        &["PING_TARGET_URLS", "http://a:xxxxx@host/"],
    );
}

#[test]
fn numbers_must_be_within_their_ranges() {
    for (key, value, allowed) in [
        ("PING_INTERVAL_SECONDS", "soon", "number"),
        ("PING_INTERVAL_SECONDS", "0", "0.1"),
        ("PING_TIMEOUT_SECONDS", "15", "less than the interval"),
        ("PING_TIMEOUT_SECONDS", "-1", "0.01"),
        ("PING_CONCURRENCY", "0", "1 to 100000"),
        ("PING_BODY_MAX_BYTES", "64k", "1 to 67108864"),
        ("PING_HTTP_METHOD", "DELETE", "GET, HEAD, OPTIONS, POST"),
        ("PING_SHARD", "2/2", "0/1"),
        ("PING_SHARD", "half", "0/1"),
    ] {
        rejected(&[URL, (key, value)], &[key, value, allowed]);
    }
}

#[test]
fn the_targets_file_is_checked_before_the_start() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let path = file.path().to_str().unwrap();
    for (content, parts) in [
        (
            "[[target]]\nname = 'a'\nurl = 'http://a'\nintervall_seconds = 5",
            ["intervall_seconds", "interval_seconds"],
        ),
        (
            "[[target]]\nname = 'a'\nurl = 'http://a'\ntimeout_seconds = 20",
            ["timeout_seconds", "20"],
        ),
        (
            "[[target]]\nname = 'a'\nurl = 'http://a'\n[[target]]\nname = 'a'\nurl = 'http://b'",
            ["\"a\"", "name"],
        ),
    ] {
        std::fs::write(file.path(), content).unwrap();
        rejected(&[("PING_TARGETS_FILE", path)], &[path, parts[0], parts[1]]);
    }
}

#[test]
fn a_password_in_a_file_that_others_can_read_is_rejected() {
    use std::os::unix::fs::PermissionsExt;
    let file = tempfile::NamedTempFile::new().unwrap();
    let path = file.path().to_str().unwrap();
    let target = "[[target]]\n\"url\" = \"http://me:hunter2\\u0040host/\"";
    std::fs::write(path, target).unwrap();
    // The mode of files in a mounted ConfigMap.
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o644)).unwrap();
    rejected(
        &[("PING_TARGETS_FILE", path)],
        &[path, "target[0].url (line 2) holds a password", "chmod 600"],
    );
}

#[test]
fn an_unknown_key_in_the_file_is_rejected() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "ping_shards = '0/1'").unwrap();
    rejected(
        &[URL, ("CONFIG_FILE", file.path().to_str().unwrap())],
        &["ping_shards", ", ping_shard"],
    );
}
