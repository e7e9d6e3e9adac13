//! Every invalid configuration is rejected with a useful message. Each has a fixture, whose line `# rejected:` lists the
//! parts of the message, separated by ` | `: the key, the value and what is allowed. A line `# never:` lists secrets.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a panic is a test's message"
)]

use std::{fs, path::Path};

use targets::{Defaults, TargetSet, TargetSource, TargetsError};

/// Returns the fixtures whose names start with `invalid-`.
fn fixtures() -> Vec<std::path::PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let files = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    files
        .filter(|path| {
            path.file_name()
                .unwrap()
                .to_string_lossy()
                .starts_with("invalid-")
        })
        .collect()
}

fn listed<'a>(text: &'a str, marker: &str) -> Vec<&'a str> {
    let lines = text.lines().filter_map(|line| line.strip_prefix(marker));
    lines
        .flat_map(|line| line.split(" | "))
        .map(str::trim)
        .collect()
}

#[test]
fn every_fixture_is_rejected_with_its_key_its_value_and_what_is_allowed() {
    let fixtures = fixtures();
    assert!(
        fixtures.len() > 60,
        "only {} fixtures found",
        fixtures.len()
    );
    for path in fixtures {
        let text = fs::read_to_string(&path).unwrap();
        let expected = listed(&text, "# rejected:");
        assert!(
            !expected.is_empty(),
            "{} has no line '# rejected:'",
            path.display()
        );

        let Err(error) = TargetSet::parse_toml(&text, &Defaults::default()) else {
            panic!("{} was accepted", path.display());
        };
        let message = error.to_string();
        for part in expected {
            assert!(
                message.contains(part),
                "{}: {part:?} is not in: {message}",
                path.display()
            );
        }
        for secret in listed(&text, "# never:") {
            assert!(
                !message.contains(secret) && !format!("{error:?}").contains(secret),
                "leaked: {message}"
            );
        }
        assert_eq!(message.lines().count(), 1, "more than one line: {message}");

        let source = TargetSource::new(None, Some(path.clone()), Defaults::default());
        let with_path = source.load().unwrap_err().to_string();
        assert_eq!(
            with_path,
            format!("PING_TARGETS_FILE = {}: {message}", path.display())
        );
    }
}

fn rejection(urls: Option<&str>, file: Option<&Path>, defaults: Defaults) -> TargetsError {
    TargetSource::new(urls.map(str::to_owned), file.map(Path::to_owned), defaults)
        .load()
        .unwrap_err()
}

fn assert_contains(error: &TargetsError, parts: &[&str]) {
    let message = error.to_string();
    for part in parts {
        assert!(message.contains(part), "{part:?} is not in: {message}");
    }
}

#[test]
fn no_source_names_both_variables() {
    for urls in [None, Some(""), Some(" \n")] {
        let error = rejection(urls, None, Defaults::default());
        assert_eq!(error, TargetsError::NoSource);
        assert_contains(&error, &["PING_TARGET_URLS", "PING_TARGETS_FILE"]);
    }
}

#[test]
fn the_error_about_an_unreadable_file_names_it() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("missing.toml");
    let binary = folder.path().join("binary.toml");
    fs::write(&binary, b"[[target]]\nurl = \"\xff\"").unwrap();
    for (path, why) in [
        (missing.as_path(), "No such file"),
        (folder.path(), "not a regular file"),
        (Path::new("/dev/zero"), "not a regular file"),
        (binary.as_path(), "invalid utf-8"),
    ] {
        let error = rejection(Some("https://example.com"), Some(path), Defaults::default());
        assert_contains(
            &error,
            &[
                "PING_TARGETS_FILE",
                &path.display().to_string(),
                why,
                "allowed: ",
            ],
        );
    }
}

#[test]
fn the_error_about_a_url_list_names_the_item() {
    for (urls, parts) in [
        (" , ,", ["PING_TARGET_URLS = ", "\" , ,\"", "at least one"]),
        (
            "https://a.example,tcp://b:1",
            [
                "PING_TARGET_URLS (item 2)",
                "\"tcp://b:1\"",
                "tcp targets are not supported yet",
            ],
        ),
        (
            "https://a.example,http://b.example:0/",
            [
                "PING_TARGET_URLS (item 2)",
                "\"http://b.example:0/\"",
                "a port from 1 to 65535",
            ],
        ),
        (
            "https://a.example,,b.example",
            ["PING_TARGET_URLS (item 3)", "no scheme", "contain a comma"],
        ),
        (
            "https://a.example,\n https://a.example ",
            [
                "PING_TARGET_URLS (item 2)",
                "\"https://a.example\"",
                "(item 1)",
            ],
        ),
        (
            "https://d.example,https://bob:a,s3cr3t,b@c,https://e.example",
            [
                "PING_TARGET_URLS (item 3)",
                "\"https://bob:xxxxx@c\"",
                "contain a comma",
            ],
        ),
        (
            "https://a:b@c, https://a:d@c",
            [
                "PING_TARGET_URLS (item 2)",
                "\"https://a:xxxxx@c\"",
                "(item 1)",
            ],
        ),
    ] {
        assert_contains(&rejection(Some(urls), None, Defaults::default()), &parts);
    }
}

#[test]
fn a_url_that_is_also_a_name_in_the_file_is_rejected() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("targets.toml");
    fs::write(&path, "\n[[target]]\nurl = \"https://a.example\"").unwrap();
    let error = rejection(
        Some("https://b.example,https://a.example"),
        Some(&path),
        Defaults::default(),
    );
    assert_contains(
        &error,
        &[
            "PING_TARGET_URLS (item 2)",
            "target[0] (line 2) of PING_TARGETS_FILE",
        ],
    );
}

#[test]
fn a_target_can_have_at_most_100_maintenance_windows() {
    let parse = |count: usize| {
        let window = "{ start = 02:00:00, end = 04:00:00, time_zone = \"UTC\" }";
        let windows = vec![window; count].join(", ");
        let text = format!("[[target]]\nurl = \"http://a\"\nmaintenance = [{windows}]");
        TargetSet::parse_toml(&text, &Defaults::default())
    };
    assert!(parse(100).is_ok());
    assert_contains(
        &parse(101).unwrap_err(),
        &[
            "target[0].maintenance (line 3) = [{…}, ",
            "101 windows",
            "at most 100 windows a target",
        ],
    );
}

#[test]
fn the_error_about_a_default_names_its_variable() {
    for (interval, timeout, parts) in [
        (0.0, None, ["PING_INTERVAL_SECONDS = 0", "0.1 to 86400"]),
        (
            f64::INFINITY,
            None,
            ["PING_INTERVAL_SECONDS = inf", "0.1 to 86400"],
        ),
        (
            15.0,
            Some(-1.0),
            ["PING_TIMEOUT_SECONDS = -1", "0.01 to 86400"],
        ),
        (
            15.0,
            Some(15.0),
            [
                "PING_TIMEOUT_SECONDS = 15",
                "not below the interval of 15 s",
            ],
        ),
    ] {
        assert_contains(
            &Defaults::from_seconds(interval, timeout).unwrap_err(),
            &parts,
        );
    }
}

#[test]
fn a_configured_default_timeout_must_be_below_the_interval_of_every_target_that_uses_it() {
    let defaults = Defaults::from_seconds(15.0, Some(8.0)).unwrap();
    let text = "[[target]]\nurl = \"https://a.example\"\ninterval_seconds = 5\n";
    let error = TargetSet::parse_toml(text, &defaults).unwrap_err();
    assert_contains(
        &error,
        &[
            "target[0].interval_seconds (line 3) = 5",
            "PING_TIMEOUT_SECONDS = 8",
            "a longer interval",
        ],
    );

    let own = TargetSet::parse_toml(&format!("{text}timeout_seconds = 2\n"), &defaults);
    assert!(own.is_ok());
}
