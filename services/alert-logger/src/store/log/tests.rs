use super::*;
use crate::alert::testing::{firing, resolved};
use crate::store::format;
use prometheus::Registry;

async fn open(dir: &Path) -> (AlertLog, History) {
    let lock = Lock::acquire(dir, Duration::ZERO).await.unwrap();
    let metrics = Metrics::register(&Registry::new()).unwrap();
    AlertLog::open(dir, lock, &metrics).unwrap()
}

fn lines(alerts: &[Alert]) -> Vec<u8> {
    alerts.iter().flat_map(format::record).collect()
}

#[tokio::test]
async fn appended_lines_survive_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let (mut log, history) = open(dir.path()).await;
    assert!(history.len() == 0 && !log.is_usable());
    log.rewrite(&[]).unwrap();
    log.append(&lines(&[firing("a", 1), firing("b", 2)]))
        .unwrap();
    log.append(&lines(&[resolved("a", 1, 9)])).unwrap();
    assert_eq!(log.bytes(), std::fs::metadata(&log.path).unwrap().len());
    drop(log);
    let (log, history) = open(dir.path()).await;
    assert!(log.is_usable());
    let alerts: Vec<_> = history
        .all()
        .iter()
        .map(|alert| Alert::clone(alert))
        .collect();
    assert_eq!(
        alerts,
        [firing("b", 2), firing("a", 1).merge(&resolved("a", 1, 9))]
    );
}

#[tokio::test]
async fn a_rewritten_log_has_the_same_history_and_can_be_appended_to() {
    let dir = tempfile::tempdir().unwrap();
    let (mut log, mut history) = open(dir.path()).await;
    log.rewrite(&[]).unwrap();
    let deliveries = [
        firing("a", 1),
        firing("b", 2),
        resolved("a", 1, 9),
        firing("a", 1),
    ];
    log.append(&lines(&deliveries)).unwrap();
    deliveries.iter().for_each(|alert| history.fold(alert));
    let before = log.bytes();
    log.rewrite(&history.all()).unwrap();
    assert!(log.bytes() < before);
    log.append(&lines(&[firing("c", 3)])).unwrap();
    history.fold(&firing("c", 3));
    drop(log);
    let (log, recovered) = open(dir.path()).await;
    assert_eq!(recovered, history);
    assert!(log.is_usable());
}

#[tokio::test]
async fn after_a_failed_write_or_sync_the_log_must_be_rewritten() {
    // Writes to /dev/full fail. On /dev/null only the sync fails.
    for device in ["/dev/full", "/dev/null"] {
        let dir = tempfile::tempdir().unwrap();
        let (mut log, _) = open(dir.path()).await;
        log.rewrite(&[Arc::new(firing("a", 1))]).unwrap();
        let bytes = log.bytes();
        log.file = Some(append_to(Path::new(device), false).unwrap());
        assert!(log.append(&lines(&[firing("b", 2)])).is_err(), "{device}");
        assert!(!log.is_usable() && log.bytes() == bytes);
        assert!(log.append(&lines(&[firing("b", 2)])).is_err());
        log.rewrite(&[Arc::new(firing("a", 1))]).unwrap();
        log.append(&lines(&[firing("b", 2)])).unwrap();
        drop(log);
        assert_eq!(open(dir.path()).await.1.len(), 2, "{device}");
    }
}

#[tokio::test]
async fn the_log_is_usable_after_a_failed_rewrite() {
    let dir = tempfile::tempdir().unwrap();
    let (mut log, _) = open(dir.path()).await;
    log.rewrite(&[]).unwrap();
    std::fs::create_dir(dir.path().join("alerts.jsonl.tmp")).unwrap();
    assert!(log.rewrite(&[]).is_err());
    log.append(&lines(&[firing("a", 1)])).unwrap();
    drop(log);
    assert_eq!(open(dir.path()).await.1.len(), 1);
}
