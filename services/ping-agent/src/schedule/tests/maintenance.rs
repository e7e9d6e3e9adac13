//! Tests maintenance windows: the slot of a probe decides whether it is inside a window.

use super::*;
use crate::schedule::slot::Slot;

/// A window from one to two minutes after the start of a [`Lab`].
const WINDOW: &str = "
[[target.maintenance]]
start = 09:01:00
end = 09:02:00
time_zone = 'Europe/Berlin'
";

/// Returns the targets, each with [`WINDOW`].
fn with_window(targets: &[(&str, f64, f64)]) -> TargetSet {
    parse(
        &targets
            .iter()
            .map(|target| toml(&[*target]) + WINDOW)
            .collect::<String>(),
    )
}

impl Lab {
    fn maintenance(&self, name: &str) -> u64 {
        let table = self.table.load();
        let series = table.iter().find(|series| &*series.target().name == name);
        series.unwrap().counters(Timestamp::MAX).maintenance
    }

    /// Returns the number of probes of this target that started in these seconds.
    fn started(&self, name: &str, seconds: std::ops::Range<u64>) -> u64 {
        let within = Duration::from_secs(seconds.start)..Duration::from_secs(seconds.end);
        let starts = self.starts(name);
        starts
            .iter()
            .filter(|start| within.contains(*start))
            .count() as u64
    }
}

#[tokio::test(start_paused = true)]
async fn probes_that_start_inside_a_window_count_only_as_maintenance() {
    let targets = [
        ("fast", 0.5, 0.25),
        ("slow", 10.0, 5.0),
        ("hangs", 10.0, 9.9),
    ];
    let lab = Lab::start(with_window(&targets), 1024);
    sleep(Duration::from_secs(200)).await;
    for (name, interval, _) in targets {
        let inside = lab.started(name, 60..120);
        assert_eq!(inside, (60.0 / interval) as u64, "{name}");
        assert_eq!(lab.maintenance(name), inside, "{name}");
        let (success, failure, missed) = lab.counts(name).unwrap();
        let outside = lab.started(name, 0..60) + lab.started(name, 120..200);
        // The last probe may be in flight.
        assert!(
            (outside - 1..=outside).contains(&(success + failure)),
            "{name}"
        );
        assert_eq!((missed, success > 0), (0, name != "hangs"), "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_slot_of_a_late_probe_decides() {
    let names: Vec<_> = (0..100).map(|number| format!("t{number}")).collect();
    let targets: Vec<_> = names
        .iter()
        .map(|name| (name.as_str(), 10.0, 5.0))
        .collect();
    let lab = Lab::start(with_window(&targets), 1024);
    sleep(Duration::from_millis(59_500)).await;
    let before = names
        .iter()
        .map(|name| lab.counts(name).unwrap().0)
        .collect::<Vec<_>>();
    advance(Duration::from_millis(900)).await;
    sleep(Duration::from_millis(20)).await;
    let mut counted = [0, 0];
    for (name, before) in names.iter().zip(before) {
        let due = Slot::of(name, Duration::from_secs(10)).at_or_after(START + 59_500_001) - START;
        let expected = match due {
            ..60_000_000 => (1, 0),
            60_000_000..=60_400_000 => (0, 1),
            _ => (0, 0),
        };
        let (success, ..) = lab.counts(name).unwrap();
        assert_eq!(
            (success - before, lab.maintenance(name)),
            expected,
            "{name}: {due}"
        );
        counted[0] += expected.0;
        counted[1] += expected.1;
    }
    assert!(counted.iter().all(|count| *count > 0), "{counted:?}");
}

#[tokio::test(start_paused = true)]
async fn a_reload_that_changes_windows_applies_from_the_next_start_on() {
    let target = [("x", 10.0, 5.0)];
    let lab = Lab::start(set(&target), 1024);
    sleep(Duration::from_secs(80)).await;
    assert_eq!(lab.maintenance("x"), 0);
    let (before, ..) = lab.counts("x").unwrap();
    lab.targets.send_replace(Arc::new(with_window(&target)));
    sleep(Duration::from_secs(20)).await;
    assert_eq!(
        (lab.counts("x").unwrap().0, lab.maintenance("x")),
        (before, 2)
    );
    lab.targets.send_replace(Arc::new(set(&target)));
    sleep(Duration::from_secs(10)).await;
    assert_eq!(
        (lab.counts("x").unwrap().0, lab.maintenance("x")),
        (before + 1, 2)
    );
    assert!(
        gaps(&lab.starts("x")[1..])
            .iter()
            .all(|gap| *gap == Duration::from_secs(10))
    );
}
