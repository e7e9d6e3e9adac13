//! A password in a file that others can read is rejected in every spelling that TOML allows.
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

/// Each file contains the same password in another spelling. The tests of Terraform's check use the same files.
const FIXTURES: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../terraform/tests/fixtures"
);

fn source(path: &Path) -> TargetSource {
    TargetSource::new(None, Some(path.to_owned()), Defaults::default())
}

fn file(folder: &Path, text: &str, mode: u32) -> PathBuf {
    let path = folder.join("targets.toml");
    // The owner may not be allowed to overwrite it.
    let _ = fs::remove_file(&path);
    fs::write(&path, text).unwrap();
    set_mode(&path, mode);
    path
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn every_spelling_of_a_password_is_found() {
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
        // The TOML parser drops comments. Terraform's check reads them.
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
fn a_file_with_a_password_must_be_private_and_a_file_without_one_need_not_be() {
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
async fn a_password_added_to_a_readable_file_is_rejected_until_the_file_is_private() {
    let (log, _guard) = Log::capture();
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
