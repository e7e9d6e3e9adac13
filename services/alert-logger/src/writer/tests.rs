use std::path::Path;

use futures::future::join_all;
use prometheus::Registry;
use service_kit::Readiness;
use tokio::task::JoinHandle;

use super::*;
use crate::alert::testing::{firing, resolved};
use crate::store::log::Lock;

/// A running writer and its observable state.
struct Running {
    recorder: Recorder,
    history: Arc<RwLock<History>>,
    watchdog: Arc<Watchdog>,
    metrics: Metrics,
    readiness: Readiness,
    task: JoinHandle<Result<(), StartError>>,
}

async fn start(dir: Option<&Path>, limits: Limits) -> Running {
    let metrics = Metrics::register(&Registry::new()).unwrap();
    let readiness = Readiness::default();
    let (mut log, mut history) = (None, History::default());
    if let Some(dir) = dir {
        let lock = Lock::acquire(dir, Duration::from_secs(1)).await.unwrap();
        let opened = AlertLog::open(dir, lock, &metrics).unwrap();
        (log, history) = (Some(opened.0), opened.1);
    }
    let history = Arc::new(RwLock::new(history));
    let watchdog = Arc::new(Watchdog::open(dir));
    let writer = Writer::new(
        log,
        Arc::clone(&history),
        Arc::clone(&watchdog),
        None,
        readiness.latch("log", "it is being opened"),
        metrics.clone(),
        limits,
    );
    let (recorder, run) = writer.start();
    let task = tokio::spawn(run);
    Running {
        recorder,
        history,
        watchdog,
        metrics,
        readiness,
        task,
    }
}

impl Running {
    fn alerts(&self) -> Vec<Alert> {
        let all = self.history.read().unwrap().all();
        all.iter().map(|alert| Alert::clone(alert)).collect()
    }

    fn syncs(&self) -> u64 {
        self.metrics.log_sync_seconds.get_sample_count()
    }

    /// Ends the writer as at shutdown, by dropping the last recorder.
    async fn end(self) -> Vec<Alert> {
        let alerts = self.alerts();
        drop(self.recorder);
        self.task.await.unwrap().unwrap();
        alerts
    }
}

#[tokio::test]
async fn deliveries_that_arrive_together_share_a_sync() {
    let dir = tempfile::tempdir().unwrap();
    let running = start(Some(dir.path()), Limits::DEFAULT).await;
    running
        .recorder
        .record(vec![firing("first", 0)])
        .await
        .unwrap();
    let before = running.syncs();
    let deliveries = (0..50).map(|n| running.recorder.record(vec![firing(&format!("f{n}"), n)]));
    assert!(join_all(deliveries).await.iter().all(Result::is_ok));
    assert_eq!(running.syncs() - before, 1);
    let alerts = running.end().await;
    assert_eq!(alerts.len(), 51);
    assert_eq!(
        start(Some(dir.path()), Limits::DEFAULT).await.alerts(),
        alerts
    );
}

#[tokio::test]
async fn a_repeated_delivery_needs_neither_space_nor_a_sync() {
    let dir = tempfile::tempdir().unwrap();
    let running = start(Some(dir.path()), Limits::DEFAULT).await;
    running
        .recorder
        .record(vec![resolved("a", 1, 9)])
        .await
        .unwrap();
    let log = dir.path().join("alerts.jsonl");
    let (syncs, bytes) = (running.syncs(), std::fs::metadata(&log).unwrap().len());
    for _ in 0..3 {
        let mut late = resolved("a", 1, 9);
        late.first_received_at += Duration::from_secs(60);
        late.resolved_received_at = Some(late.first_received_at);
        running.recorder.record(vec![late]).await.unwrap();
    }
    assert_eq!(running.alerts(), [resolved("a", 1, 9)]);
    assert_eq!(running.syncs(), syncs);
    assert_eq!(std::fs::metadata(&log).unwrap().len(), bytes);
}

#[tokio::test]
async fn the_log_stays_within_its_limit_and_keeps_the_newest_alerts() {
    let dir = tempfile::tempdir().unwrap();
    let limits = Limits {
        log_bytes: 20_000,
        history_bytes: 10_000,
    };
    let running = start(Some(dir.path()), limits).await;
    let mut longest = 0;
    for n in 0..150 {
        let name = format!("f{n}");
        for delivery in [firing(&name, n), resolved(&name, n, n + 500)] {
            running.recorder.record(vec![delivery]).await.unwrap();
            longest = longest.max(
                std::fs::metadata(dir.path().join("alerts.jsonl"))
                    .unwrap()
                    .len(),
            );
        }
    }
    assert!((10_000..21_000).contains(&longest), "{longest}");
    let newest: Vec<_> = (130..150)
        .rev()
        .map(|n| firing(&format!("f{n}"), n).merge(&resolved(&format!("f{n}"), n, n + 500)))
        .collect();
    let alerts = running.end().await;
    assert!(alerts.len() < 100);
    assert_eq!(alerts[..20], newest);
    assert_eq!(start(Some(dir.path()), limits).await.alerts(), alerts);
}

#[tokio::test]
async fn a_history_without_a_log_stays_within_its_limit() {
    let limits = Limits {
        log_bytes: 0,
        history_bytes: 5_000,
    };
    let running = start(None, limits).await;
    for n in 0..100 {
        running
            .recorder
            .record(vec![firing(&format!("f{n}"), n)])
            .await
            .unwrap();
    }
    let alerts = running.alerts();
    assert!((10..30).contains(&alerts.len()), "{}", alerts.len());
    assert_eq!(alerts[0], firing("f99", 99));
    assert!(running.readiness.reasons().is_empty());
}

#[tokio::test(start_paused = true)]
async fn an_unwritable_log_rejects_updates_is_not_ready_and_recovers_by_itself() {
    let dir = tempfile::tempdir().unwrap();
    let obstacle = dir.path().join("alerts.jsonl.tmp");
    std::fs::create_dir(&obstacle).unwrap();
    let running = start(Some(dir.path()), Limits::DEFAULT).await;
    assert!(running.recorder.record(vec![firing("a", 1)]).await.is_err());
    assert!(running.alerts().is_empty(), "a rejected alert is shown");
    assert!(running.metrics.log_failures.get() > 0);
    let reasons = running.readiness.reasons();
    assert!(reasons[0].1.contains("alerts.jsonl.tmp"), "{reasons:?}");

    std::fs::remove_dir(&obstacle).unwrap();
    tokio::time::sleep(REPAIR_INTERVAL * 2).await;
    assert!(
        running.readiness.reasons().is_empty(),
        "it recovers without an update"
    );
    running.recorder.record(vec![firing("a", 1)]).await.unwrap();
    assert_eq!(running.alerts(), [firing("a", 1)]);
}

fn watchdog(second: i64) -> Alert {
    let mut watchdog = firing("w", second);
    watchdog
        .labels
        .insert("alertname".to_owned(), "Watchdog".to_owned());
    watchdog
}

/// Writes to a deleted file succeed, but are lost.
#[tokio::test]
async fn a_deleted_log_is_restored_at_the_next_watchdog() {
    let dir = tempfile::tempdir().unwrap();
    let running = start(Some(dir.path()), Limits::DEFAULT).await;
    running.recorder.record(vec![firing("a", 1)]).await.unwrap();
    std::fs::remove_file(dir.path().join("alerts.jsonl")).unwrap();
    running.recorder.record(vec![watchdog(2)]).await.unwrap();
    running.end().await;
    let again = start(Some(dir.path()), Limits::DEFAULT).await;
    assert_eq!(again.alerts(), [firing("a", 1)]);
}

/// The service is not ready before any alert arrives, and the Watchdog does not count.
#[tokio::test]
async fn without_its_directory_a_watchdog_is_rejected() {
    let dir = tempfile::tempdir().unwrap();
    let kept = dir.path().join("kept");
    std::fs::create_dir(&kept).unwrap();
    let running = start(Some(&kept), Limits::DEFAULT).await;
    running.recorder.record(vec![watchdog(10)]).await.unwrap();
    std::fs::remove_dir_all(&kept).unwrap();
    assert!(running.recorder.record(vec![watchdog(70)]).await.is_err());
    assert_eq!(running.readiness.reasons().len(), 1);
    let latest = running.watchdog.latest().last_received_at.unwrap();
    assert_eq!(latest.as_second(), 10);
}

#[tokio::test]
async fn only_the_latest_arrival_of_the_watchdog_is_stored() {
    let dir = tempfile::tempdir().unwrap();
    let running = start(Some(dir.path()), Limits::DEFAULT).await;
    for second in [10, 20] {
        running
            .recorder
            .record(vec![watchdog(second)])
            .await
            .unwrap();
    }
    assert!(running.alerts().is_empty());
    assert_eq!(running.syncs(), 0);
    let latest = running.watchdog.latest().last_received_at.unwrap();
    assert_eq!(latest.as_second(), 20);
}
