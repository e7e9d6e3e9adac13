//! Tests how the pool shares probes between targets that hang and targets that answer.

use super::*;

/// The default interval.
const ROUND: Duration = Duration::from_secs(15);

/// Returns `hanging` targets that hang with this timeout in seconds, and `answering` targets that answer.
fn mixed(hanging: usize, timeout: f64, answering: usize) -> TargetSet {
    let hanging = (0..hanging).map(|number| (format!("hangs-{number}"), timeout));
    let answering = (0..answering).map(|number| (format!("answers-{number}"), 10.0));
    let names: Vec<_> = hanging.chain(answering).collect();
    set(&names
        .iter()
        .map(|(name, timeout)| (name.as_str(), 15.0, *timeout))
        .collect::<Vec<_>>())
}

impl Lab {
    /// Returns the sums of success, failure and missed over all targets whose name has this prefix.
    fn sums(&self, prefix: &str) -> (u64, u64, u64) {
        let mut sums = (0, 0, 0);
        for series in self.table.load().iter() {
            if series.target().name.starts_with(prefix) {
                let counters = series.counters(Timestamp::MAX);
                sums.0 += counters.success;
                sums.1 += counters.failure;
                sums.2 += counters.missed;
            }
        }
        sums
    }

    /// Returns the targets whose name has this prefix and that have no failure.
    fn never_failed(&self, prefix: &str) -> Vec<Arc<str>> {
        let table = self.table.load();
        let never = table.iter().filter(|series| {
            series.target().name.starts_with(prefix) && series.counters(Timestamp::MAX).failure == 0
        });
        never
            .map(|series| Arc::clone(&series.target().name))
            .collect()
    }
}

#[tokio::test(start_paused = true)]
async fn targets_that_answer_are_never_missed_beside_thousands_that_hang() {
    for (hanging, timeout) in [(2_000, 10.0), (1_100, 14.9)] {
        let lab = Lab::start(mixed(hanging, timeout, 1_000), 1024);
        sleep(ROUND * 10).await;
        let (success, failure, missed) = lab.sums("answers");
        assert_eq!((failure, missed), (0, 0), "{hanging} hang");
        assert!(success >= 9_900, "{success}");
        let (_, failure, missed) = lab.sums("hangs");
        assert!(failure > 0 && missed > 0, "{failure} {missed}");
        // They take turns, so the failure of every one of them is recorded.
        assert_eq!(lab.never_failed("hangs"), [], "{hanging} hang");
    }
}

#[tokio::test(start_paused = true)]
async fn with_enough_files_no_probe_is_missed_even_if_every_target_hangs() {
    let max = 100_000;
    let lab = Lab::start_with(mixed(2_000, 14.9, 0), Concurrency::ByTargets { max });
    sleep(ROUND * 4).await;
    let (_, failure, missed) = lab.sums("hangs");
    assert!(failure >= 4_000, "{failure}");
    assert_eq!(missed, 0);
}

#[tokio::test(start_paused = true)]
async fn a_small_maximum_is_shared_like_a_small_setting() {
    let max = 200;
    let lab = Lab::start_with(mixed(400, 10.0, 1_000), Concurrency::ByTargets { max });
    sleep(ROUND * 10).await;
    assert_eq!(lab.sums("answers").2, 0);
    assert_eq!(lab.never_failed("hangs"), []);
}

#[tokio::test(start_paused = true)]
async fn a_reload_resizes_the_pool() {
    let max = 100_000;
    let lab = Lab::start_with(mixed(1, 14.9, 1), Concurrency::ByTargets { max });
    sleep(ROUND).await;
    lab.targets.send_replace(Arc::new(mixed(500, 14.9, 500)));
    sleep(ROUND * 4).await;
    assert_eq!((lab.sums("answers").2, lab.sums("hangs").2), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_target_that_answers_again_leaves_the_hanging_half() {
    let mut targets = toml(&[("recovers", 15.0, 10.0)]);
    let others: Vec<_> = (0..100).map(|number| format!("hangs-{number}")).collect();
    let others: Vec<_> = others
        .iter()
        .map(|name| (name.as_str(), 15.0, 10.0))
        .collect();
    targets += &toml(&others);
    let lab = Lab::start(parse(&targets), 20);
    sleep(ROUND * 20).await;
    let (success, failure, missed) = lab.counts("recovers").unwrap();
    assert!(
        success == 0 && failure > 0 && missed > 0,
        "{success} {failure} {missed}"
    );
    lab.fake.recovered.store(true, Ordering::Relaxed);
    // Of 101 targets that hang, ten are probed a round, so its turn comes within 11 rounds.
    sleep(ROUND * 11).await;
    let before = lab.counts("recovers").unwrap();
    assert!(before.0 > 0, "{before:?}");
    sleep(ROUND * 10).await;
    let after = lab.counts("recovers").unwrap();
    assert_eq!(
        (after.0 - before.0, after.1 - before.1, after.2 - before.2),
        (10, 0, 0)
    );
}

#[tokio::test(start_paused = true)]
async fn targets_that_begin_to_hang_all_at_once_cause_no_missed_probe_of_others() {
    let names: Vec<_> = (0..1_000)
        .map(|number| format!("recovers-{number}"))
        .collect();
    let mut targets = toml(
        &names
            .iter()
            .map(|name| (name.as_str(), 15.0, 10.0))
            .collect::<Vec<_>>(),
    );
    let answering: Vec<_> = (0..1_000)
        .map(|number| format!("answers-{number}"))
        .collect();
    targets += &toml(
        &answering
            .iter()
            .map(|name| (name.as_str(), 15.0, 10.0))
            .collect::<Vec<_>>(),
    );
    let lab = Lab::start(parse(&targets), 200);
    lab.fake.recovered.store(true, Ordering::Relaxed);
    sleep(ROUND * 2).await;
    assert_eq!(lab.sums("").2, 0);
    lab.fake.recovered.store(false, Ordering::Relaxed);
    sleep(ROUND * 20).await;
    let (_, failure, missed) = lab.sums("answers");
    assert_eq!((failure, missed), (0, 0));
    assert_eq!(lab.never_failed("recovers"), []);
}
