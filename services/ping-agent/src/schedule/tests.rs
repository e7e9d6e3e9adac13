//! Tests the whole schedule with a clock of its own and a fake prober that only takes time.

mod hanging;
mod maintenance;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::Timestamp;
use prometheus::Registry;
use service_kit::{Limits, Shutdown};
use targets::{Defaults, Target, TargetSet};
use tokio::sync::watch;
use tokio::time::{Instant, advance, sleep};

use super::clock::Clock;
use super::{Concurrency, Micros, Runner};
use crate::metrics::{AgentMetrics, SeriesTable};
use crate::probe::{Phases, Probe, ProbeError, Reason, Report};
use crate::shard::Shard;

/// The time at which a [`Lab`] starts: 9:00 in Berlin.
const START: Micros = 1_800_000_000_000_000;

/// A prober that records its calls. The probe of a target whose name starts with `hangs` times out; so does that of
/// `recovers` until `recovered` is set.
#[derive(Clone, Default)]
struct Fake {
    starts: Arc<Mutex<Vec<Start>>>,
    recovered: Arc<AtomicBool>,
}

/// The name of a target and the start of its probe.
type Start = (Arc<str>, Instant);

impl Fake {
    /// Returns the starts of the target of this name, as times since `origin`.
    fn starts(&self, name: &str, origin: Instant) -> Vec<Duration> {
        let starts = self.starts.lock().unwrap();
        starts
            .iter()
            .filter(|(of, _)| &**of == name)
            .map(|(_, at)| *at - origin)
            .collect()
    }
}

impl Probe for Fake {
    async fn probe(&self, target: &Target) -> Report {
        self.starts
            .lock()
            .unwrap()
            .push((Arc::clone(&target.name), Instant::now()));
        let hangs = target.name.starts_with("hangs")
            || target.name.starts_with("recovers") && !self.recovered.load(Ordering::Relaxed);
        sleep(if hangs {
            target.timeout
        } else {
            Duration::from_millis(5)
        })
        .await;
        let failed = ProbeError::Failed {
            reason: Reason::Timeout,
            detail: String::new(),
        };
        Report {
            result: if hangs { Err(failed) } else { Ok(()) },
            latency: Duration::from_millis(5),
            phases: Phases::default(),
            not_after: None,
            malformed: None,
        }
    }
}

/// A running schedule.
struct Lab {
    origin: Instant,
    fake: Fake,
    table: SeriesTable,
    targets: watch::Sender<Arc<TargetSet>>,
}

impl Lab {
    fn start(targets: TargetSet, concurrency: usize) -> Self {
        Self::start_with(targets, Concurrency::Fixed(concurrency))
    }

    fn start_with(targets: TargetSet, concurrency: Concurrency) -> Self {
        let (sender, receiver) = watch::channel(Arc::new(targets));
        let (fake, table) = (Fake::default(), SeriesTable::default());
        let metrics = AgentMetrics::register(&Registry::new()).unwrap();
        let shard: Shard = "0/1".parse().unwrap();
        let runner = Runner::new(
            fake.clone(),
            receiver,
            shard,
            concurrency,
            limits(),
            table.clone(),
            metrics,
        );
        let clock = Clock::starting_at(START);
        tokio::spawn(runner.run_with_clock(clock, Shutdown::never(), || ()));
        Self {
            origin: Instant::now(),
            fake,
            table,
            targets: sender,
        }
    }

    fn starts(&self, name: &str) -> Vec<Duration> {
        self.fake.starts(name, self.origin)
    }

    /// Returns the success, failure and missed counts.
    fn counts(&self, name: &str) -> Option<(u64, u64, u64)> {
        let table = self.table.load();
        let series = table.iter().find(|series| &*series.target().name == name)?;
        let counters = series.counters(Timestamp::MAX);
        Some((counters.success, counters.failure, counters.missed))
    }
}

fn limits() -> Limits {
    Limits::register(&Registry::new()).unwrap()
}

fn set(targets: &[(&str, f64, f64)]) -> TargetSet {
    parse(&toml(targets))
}

fn parse(toml: &str) -> TargetSet {
    TargetSet::parse_toml(toml, &Defaults::default()).unwrap()
}

/// Renders a table for each target: name, interval and timeout in seconds.
fn toml(targets: &[(&str, f64, f64)]) -> String {
    targets
        .iter()
        .map(|(name, interval, timeout)| {
            format!(
                "[[target]]\nname = '{name}'\nurl = 'http://{name}/'\ninterval_seconds = {interval}\ntimeout_seconds = {timeout}\n"
            )
        })
        .collect()
}

fn many(count: usize, interval: f64) -> TargetSet {
    let names: Vec<_> = (0..count)
        .map(|number| format!("target-{number}"))
        .collect();
    set(&names
        .iter()
        .map(|name| (name.as_str(), interval, interval / 2.0))
        .collect::<Vec<_>>())
}

fn gaps(starts: &[Duration]) -> Vec<Duration> {
    starts.windows(2).map(|pair| pair[1] - pair[0]).collect()
}

#[tokio::test(start_paused = true)]
async fn every_target_is_probed_once_an_interval_and_a_slow_one_delays_no_other() {
    let mut targets = vec![
        ("hangs", 10.0, 9.0),
        ("fast", 0.25, 0.2),
        ("odd", 1.333, 1.0),
    ];
    let names: Vec<_> = (0..50).map(|number| format!("t{number}")).collect();
    targets.extend(names.iter().map(|name| (name.as_str(), 10.0, 5.0)));
    let lab = Lab::start(set(&targets), 1024);
    sleep(Duration::from_secs(120)).await;
    for (name, interval, _) in targets {
        let starts = lab.starts(name);
        // The first probe runs ahead of the slot; the others deviate from it by at most a tick.
        let deviations = gaps(&starts[1..])
            .into_iter()
            .map(|gap| gap.as_secs_f64() - interval);
        assert!(
            deviations.clone().all(|deviation| deviation.abs() < 0.026),
            "{name}: {starts:?}"
        );
        assert!(
            deviations.count() as f64 >= 119.0 / interval - 3.0,
            "{name}: {starts:?}"
        );
        assert_eq!(lab.counts(name).unwrap().2, 0, "{name} has missed probes");
    }
    assert!(lab.counts("hangs").unwrap().1 >= 10);
}

#[tokio::test(start_paused = true)]
async fn the_first_probe_of_a_thousand_targets_comes_within_two_seconds() {
    let lab = Lab::start(many(1_000, 60.0), 1024);
    sleep(Duration::from_secs(2)).await;
    assert_eq!(lab.fake.starts.lock().unwrap().len(), 1_000);
}

#[tokio::test(start_paused = true)]
async fn ten_thousand_targets_are_probed_once_an_interval_from_the_start() {
    let lab = Lab::start(many(10_000, 10.0), 1024);
    for _ in 0..2 {
        sleep(Duration::from_secs(10)).await;
        let mut probed = std::mem::take(&mut *lab.fake.starts.lock().unwrap());
        assert_eq!(probed.len(), 10_000);
        probed.sort_by(|(one, _), (other, _)| one.cmp(other));
        probed.dedup_by(|(one, _), (other, _)| one == other);
        assert_eq!(probed.len(), 10_000, "a target was probed twice");
    }
    assert!(
        lab.table
            .load()
            .iter()
            .all(|series| series.counters(Timestamp::MAX).missed == 0)
    );
}

#[tokio::test(start_paused = true)]
async fn probes_beyond_the_concurrency_are_counted_as_missed() {
    let lab = Lab::start(set(&[("hangs-a", 10.0, 9.9), ("hangs-b", 10.0, 9.9)]), 1);
    sleep(Duration::from_secs(100)).await;
    let [a, b] = ["hangs-a", "hangs-b"].map(|name| lab.counts(name).unwrap());
    let (failures, missed) = (a.1 + b.1, a.2 + b.2);
    assert!((18..=20).contains(&(failures + missed)), "{a:?} {b:?}");
    assert!((5..=11).contains(&failures), "{a:?} {b:?}");
}

#[tokio::test(start_paused = true)]
async fn slots_that_pass_in_a_stall_count_as_missed_and_are_not_caught_up() {
    let lab = Lab::start(many(100, 10.0), 1024);
    let started = || lab.fake.starts.lock().unwrap().len();
    let missed = || {
        lab.table
            .load()
            .iter()
            .map(|series| series.counters(Timestamp::MAX).missed)
            .sum::<u64>()
    };
    sleep(Duration::from_secs(30)).await;
    let before = started();
    advance(Duration::from_secs(60)).await;
    sleep(Duration::from_millis(50)).await;
    let at_once = started() - before;
    // Only targets whose slot was in the last second: ten on average.
    assert!(at_once < 30, "{at_once} starts at once");
    let skipped = missed();
    sleep(Duration::from_millis(19_950)).await;
    assert_eq!(missed(), skipped, "the schedule goes on as before");
    assert_eq!(started() - before + usize::try_from(skipped).unwrap(), 800);
}

#[tokio::test(start_paused = true)]
async fn a_reload_keeps_slots_and_counters_and_drops_the_series_of_removed_targets() {
    let before = [
        ("stays", 10.0, 5.0),
        ("hangs-and-goes", 10.0, 9.0),
        ("changes", 10.0, 5.0),
    ];
    let lab = Lab::start(set(&before), 1024);
    sleep(Duration::from_secs(33)).await;
    let [stays, changes] = ["stays", "changes"].map(|name| lab.counts(name).unwrap());
    lab.targets.send_replace(Arc::new(set(&[
        ("changes", 4.0, 2.0),
        ("comes", 10.0, 5.0),
        ("stays", 10.0, 5.0),
    ])));
    sleep(Duration::from_millis(1)).await;
    assert_eq!(lab.counts("hangs-and-goes"), None);
    assert_eq!(lab.counts("stays"), Some(stays));
    assert_eq!(lab.counts("changes"), Some(changes));
    assert_eq!(lab.counts("comes"), Some((0, 0, 0)));
    let order: Vec<_> = lab
        .table
        .load()
        .iter()
        .map(|series| Arc::clone(&series.target().name))
        .collect();
    assert_eq!(
        order,
        ["changes", "comes", "stays"].map(Arc::from),
        "the order of the configuration"
    );

    sleep(Duration::from_secs(2)).await;
    assert_eq!(lab.starts("comes").len(), 1, "a new target is probed soon");
    sleep(Duration::from_secs(25)).await;
    assert_eq!(
        lab.counts("hangs-and-goes"),
        None,
        "its last probe has ended and is not counted"
    );
    let removed_at = lab.origin.elapsed() - Duration::from_secs(27);
    assert!(
        lab.starts("hangs-and-goes")
            .iter()
            .all(|start| *start <= removed_at)
    );
    let even = |name: &str, since: usize| gaps(&lab.starts(name)[since..]);
    assert!(
        even("stays", 1)
            .iter()
            .all(|gap| *gap == Duration::from_secs(10)),
        "{:?}",
        lab.starts("stays")
    );
    let changed = usize::try_from(changes.0).unwrap();
    assert!(
        even("changes", changed)
            .iter()
            .all(|gap| *gap == Duration::from_secs(4)),
        "{:?}",
        lab.starts("changes")
    );
    assert!(
        ["stays", "changes", "comes"]
            .iter()
            .all(|name| lab.counts(name).unwrap().2 == 0)
    );
}

#[tokio::test(start_paused = true)]
async fn a_shard_has_only_the_series_of_its_own_targets() {
    let (_sender, receiver) = watch::channel(Arc::new(many(100, 10.0)));
    let metrics = AgentMetrics::register(&Registry::new()).unwrap();
    let tables = ["0/3", "1/3", "2/3"].map(|shard| {
        let table = SeriesTable::default();
        Runner::new(
            Fake::default(),
            receiver.clone(),
            shard.parse().unwrap(),
            Concurrency::Fixed(1),
            limits(),
            table.clone(),
            metrics.clone(),
        );
        table.load().len()
    });
    assert!(
        tables.iter().all(|&size| size > 20) && tables.iter().sum::<usize>() == 100,
        "{tables:?}"
    );
}
