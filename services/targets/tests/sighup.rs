//! SIGHUP rereads the targets. The signal reaches every watcher of a process, so this test has its own process.
#![allow(clippy::unwrap_used, reason = "a panic is a test's message")]

mod common;

use std::{sync::Arc, time::Duration};

use common::{Log, write_targets};
use rustix::process::{Signal, getpid, kill_process};
use targets::{Defaults, TargetSource, watch::watch_every};
use tokio::time::{sleep, timeout};

/// The file is polled only at the start, so every later read is due to a signal.
const NEVER: Duration = Duration::from_secs(86_400);

fn hang_up() {
    kill_process(getpid(), Signal::HUP).unwrap();
}

/// Waits until the log has this number of lines with this text.
async fn logged(log: &Log, text: &str, lines: usize) {
    let found = async {
        while log.lines_with(text).len() != lines {
            sleep(Duration::from_millis(5)).await;
        }
    };
    assert!(
        timeout(Duration::from_secs(10), found).await.is_ok(),
        "not {lines} lines with {text:?}"
    );
}

#[tokio::test]
async fn sighup_rereads_at_once_and_logs_every_outcome() {
    let (log, _guard) = Log::capture();
    let folder = tempfile::tempdir().unwrap();
    let path = write_targets(folder.path(), &["a"]);
    let source = TargetSource::new(None, Some(path.clone()), Defaults::default());
    let initial = Arc::new(source.load().unwrap());
    write_targets(folder.path(), &["b"]);
    let (mut targets, watcher) = watch_every(source, initial, NEVER);
    let watcher = tokio::spawn(watcher);
    // After the first poll the watcher listens for the signal.
    targets.changed().await.unwrap();

    write_targets(folder.path(), &["c"]);
    hang_up();
    timeout(Duration::from_secs(10), targets.changed())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        targets
            .borrow_and_update()
            .get("c")
            .map(|target| target.redacted_url()),
        Some("http://c")
    );

    hang_up();
    logged(&log, "nothing changed", 1).await;

    std::fs::write(&path, "bad").unwrap();
    for times in 1..=2 {
        hang_up();
        logged(&log, "the old ones stay", times).await;
    }
    assert!(!targets.has_changed().unwrap());
    watcher.abort();

    // Without a file there is nothing to reread, and the signal does not end the process.
    let source = TargetSource::new(Some("http://u".to_owned()), None, Defaults::default());
    let initial = Arc::new(source.load().unwrap());
    let (targets, watcher) = watch_every(source, initial, NEVER);
    let _watcher = tokio::spawn(watcher);
    tokio::task::yield_now().await;
    hang_up();
    logged(&log, "no PING_TARGETS_FILE to reread", 1).await;
    assert!(!targets.has_changed().unwrap());
}
