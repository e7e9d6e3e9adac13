//! A password in a file that others can read: refused, however TOML spells it.
#![allow(clippy::unwrap_used, reason = "a panic is a test's message")]

mod common;

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use common::{Log, write_targets};
use targets::{Defaults, TargetSource, watch::watch};

/// Each holds the same password in another spelling; Terraform's guard is tested with the same files.
const FIXTURES: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../terraform/tests/fixtures"
);

fn source(path: &Path) -> TargetSource {
    TargetSource::new(None, Some(path.to_owned()), Defaults::default())
}

fn file(folder: &Path, text: &str, mode: u32) -> PathBuf {
    let path = folder.join("targets.toml");
    // Its owner may not be allowed to write it again.
    let _ = fs::remove_file(&path);
    fs::write(&path, text).unwrap();
    set_mode(&path, mode);
    path
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn no_spelling_of_a_password_gets_past_the_guard() {
    let folder = tempfile::tempdir().unwrap();
    let mut spellings = 0;
    for entry in fs::read_dir(FIXTURES).unwrap() {
        let fixture = entry.unwrap();
        let name = fixture.file_name().into_string().unwrap();
        if !name.starts_with("targets-password-") {
            continue;
        }
        let text = fs::read_to_string(fixture.path()).unwrap();
        let open = source(&file(folder.path(), &text, 0o644));
        // Of a comment TOML says nothing; Terraform's guard reads it.
        if name == "targets-password-comment.toml" {
            assert_eq!(open.find_password().unwrap(), None);
            continue;
        }
        spellings += 1;
        let message = open.load().unwrap_err().to_string();
        for part in ["holds a password", "mode 644", "chmod 600", "line "] {
            assert!(message.contains(part), "{name}: {message}");
        }
        assert!(!message.contains("hunter2"), "{name}: {message}");
        assert!(open.find_password().unwrap().is_some(), "{name}");

        let private = source(&file(folder.path(), &text, 0o600));
        private.load().unwrap();
    }
    assert!(spellings >= 8, "{spellings}");
}

#[test]
fn whoever_may_read_the_file_counts_and_a_file_without_a_password_may_be_read_by_all() {
    let folder = tempfile::tempdir().unwrap();
    let with = "[[target]]\nurl = \"http://me:hunter2@a/\"";
    for (mode, accepted) in [(0o600, true), (0o400, true), (0o640, false), (0o604, false)] {
        let loaded = source(&file(folder.path(), with, mode)).load();
        assert_eq!(loaded.is_ok(), accepted, "{mode:o}");
    }
    let without = "[[target]]\nurl = \"http://me@a/?to=b@c\"\nname = \"a: b@c\"";
    source(&file(folder.path(), without, 0o644)).load().unwrap();
    let lists = TargetSource::new(
        Some("http://me:hunter2@a/".into()),
        None,
        Defaults::default(),
    );
    lists.load().unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_password_that_is_added_while_others_can_read_the_file_is_refused_until_they_cannot() {
    let (log, _guard) = Log::catch();
    let folder = tempfile::tempdir().unwrap();
    let path = write_targets(folder.path(), &["a"]);
    set_mode(&path, 0o644);
    let source = source(&path);
    let initial = Arc::new(source.load().unwrap());
    let (targets, watcher) = watch(source, initial);
    tokio::spawn(watcher);
    let urls = || {
        let set = targets.borrow();
        set.iter()
            .map(|target| target.redacted_url().to_owned())
            .collect::<Vec<_>>()
    };
    let polls = || tokio::time::sleep(Duration::from_secs(60));
    polls().await;
    file(
        folder.path(),
        "[[target]]\nurl = \"http://me:hunter2@b/\"",
        0o644,
    );
    polls().await;
    assert_eq!(urls(), ["http://a"]);
    assert_eq!(log.lines_with("holds a password").len(), 1);
    set_mode(&path, 0o600);
    polls().await;
    assert_eq!(urls(), ["http://me:xxxxx@b/"]);
}
