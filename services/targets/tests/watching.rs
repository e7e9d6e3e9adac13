//! A target file that changes while it is watched. Time is paused and advances when all tasks are idle.
#![allow(clippy::unwrap_used, reason = "a panic is a test's message")]

mod common;

use std::{fs, os::unix::fs::symlink, path::Path, sync::Arc, time::Duration};

use common::{Log, write_targets};
use targets::{Defaults, TargetSet, TargetSource, watch::watch};
use tokio::{sync::watch::Receiver, task::JoinHandle, time};

fn start(path: &Path) -> (Receiver<Arc<TargetSet>>, JoinHandle<()>) {
    let source = TargetSource::new(None, Some(path.to_owned()), Defaults::default());
    let initial = Arc::new(source.load().unwrap());
    let (receiver, watcher) = watch(source, initial);
    (receiver, tokio::spawn(watcher))
}

fn names(targets: &Receiver<Arc<TargetSet>>) -> Vec<String> {
    targets
        .borrow()
        .iter()
        .map(|target| target.name.to_string())
        .collect()
}

/// Returns the names of the next set, which must arrive within two polls.
async fn changed(targets: &mut Receiver<Arc<TargetSet>>) -> Vec<String> {
    time::timeout(Duration::from_secs(4), targets.changed())
        .await
        .unwrap()
        .unwrap();
    names(targets)
}

/// Waits for many polls.
async fn polls() {
    time::sleep(Duration::from_secs(60)).await;
}

#[tokio::test(start_paused = true)]
async fn a_changed_file_is_published_and_its_changes_are_counted() {
    let (log, _guard) = Log::capture();
    let folder = tempfile::tempdir().unwrap();
    let path = write_targets(folder.path(), &["a", "b"]);
    let (mut targets, _watcher) = start(&path);
    polls().await;
    assert!(
        !targets.has_changed().unwrap() && log.lines_with("").is_empty(),
        "nothing has changed yet"
    );

    write_targets(folder.path(), &["b", "c", "d"]);
    assert_eq!(changed(&mut targets).await, ["b", "c", "d"]);
    assert_eq!(
        log.lines_with("targets reloaded targets=3 added=2 removed=1 changed=0")
            .len(),
        1
    );

    fs::write(
        &path,
        fs::read_to_string(&path)
            .unwrap()
            .replace("http://c", "https://c"),
    )
    .unwrap();
    changed(&mut targets).await;
    assert_eq!(log.lines_with("added=0 removed=0 changed=1").len(), 1);

    write_targets(folder.path(), &["d", "c", "b"]);
    assert_eq!(changed(&mut targets).await, ["d", "c", "b"]);
}

#[tokio::test(start_paused = true)]
async fn a_change_between_loading_and_watching_is_not_missed() {
    let folder = tempfile::tempdir().unwrap();
    let path = write_targets(folder.path(), &["a"]);
    let source = TargetSource::new(None, Some(path), Defaults::default());
    let initial = Arc::new(source.load().unwrap());
    write_targets(folder.path(), &["b"]);
    let (mut targets, watcher) = watch(source, initial);
    let _watcher = tokio::spawn(watcher);
    assert_eq!(changed(&mut targets).await, ["b"]);
}

#[tokio::test(start_paused = true)]
async fn the_symlink_swap_of_a_configmap_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    for (version, host) in [("..v1", "a"), ("..v2", "b")] {
        fs::create_dir(at(version)).unwrap();
        let file = fs::File::open(write_targets(&at(version), &[host])).unwrap();
        // The two differ only in their content.
        file.set_modified(std::time::UNIX_EPOCH).unwrap();
    }
    symlink("..v1", at("..data")).unwrap();
    symlink("..data/targets.toml", at("targets.toml")).unwrap();
    let (mut targets, _watcher) = start(&at("targets.toml"));
    polls().await;
    assert_eq!(names(&targets), ["a"]);

    symlink("..v2", at("..data_tmp")).unwrap();
    fs::rename(at("..data_tmp"), at("..data")).unwrap();
    fs::remove_dir_all(at("..v1")).unwrap();
    assert_eq!(changed(&mut targets).await, ["b"]);
}

#[tokio::test(start_paused = true)]
async fn an_invalid_file_is_logged_once_and_the_old_targets_stay() {
    let (log, _guard) = Log::capture();
    let folder = tempfile::tempdir().unwrap();
    let path = write_targets(folder.path(), &["a"]);
    let (mut targets, _watcher) = start(&path);

    for (bad, message) in [
        (
            "[[target]]\nurl = \"tcp://bob:s3cr3t@a:1\"",
            "tcp targets are not supported yet",
        ),
        ("[[target]]\nurl = \"https://bob:s3cr3t@a", "line 2, column"),
        ("", "lists no target"),
    ] {
        fs::write(&path, bad).unwrap();
        polls().await;
        let lines = log.lines_with(message);
        assert_eq!(lines.len(), 1, "one line per content: {lines:?}");
        assert!(
            lines.concat().contains("ERROR")
                && lines.concat().contains(&path.display().to_string())
        );
        assert!(!targets.has_changed().unwrap());
        assert_eq!(names(&targets), ["a"]);
    }
    assert!(log.lines_with("s3cr3t").is_empty());

    write_targets(folder.path(), &["b"]);
    assert_eq!(changed(&mut targets).await, ["b"]);
}

#[tokio::test(start_paused = true)]
async fn a_file_that_is_missing_for_a_moment_changes_nothing() {
    let (log, _guard) = Log::capture();
    let folder = tempfile::tempdir().unwrap();
    let path = write_targets(folder.path(), &["a"]);
    let (targets, _watcher) = start(&path);
    polls().await;

    fs::remove_file(&path).unwrap();
    polls().await;
    assert_eq!(names(&targets), ["a"]);
    assert_eq!(log.lines_with("No such file").len(), 1);

    write_targets(folder.path(), &["a"]);
    polls().await;
    assert!(!targets.has_changed().unwrap(), "the same targets are back");
    assert_eq!(log.lines_with("ERROR").len(), 1);
}

#[tokio::test(start_paused = true)]
async fn urls_stay_when_the_file_changes() {
    let folder = tempfile::tempdir().unwrap();
    let path = write_targets(folder.path(), &["a"]);
    let source = TargetSource::new(Some("http://u".to_owned()), Some(path), Defaults::default());
    let initial = Arc::new(source.load().unwrap());
    let (mut targets, watcher) = watch(source, initial);
    let _watcher = tokio::spawn(watcher);
    write_targets(folder.path(), &["b"]);
    assert_eq!(changed(&mut targets).await, ["b", "http://u"]);
}

#[tokio::test(start_paused = true)]
async fn the_watcher_ends_with_its_last_receiver() {
    let folder = tempfile::tempdir().unwrap();
    let (targets, watcher) = start(&write_targets(folder.path(), &["a"]));
    drop(targets);
    time::timeout(Duration::from_secs(1), watcher)
        .await
        .unwrap()
        .unwrap();
}
