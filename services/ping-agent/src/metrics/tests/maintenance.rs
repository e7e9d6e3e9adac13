//! Tests the effects of maintenance on the series.

use super::*;

const WINDOWS: &str = "
[[target]]
name = 'x'
url = 'http://x'

[[target.maintenance]]
start = 02:00:00
end = 04:00:00
time_zone = 'Europe/Berlin'

[[target.maintenance]]
start = 2026-12-01T03:30:00+01:00
end = 2026-12-01T05:00:00+01:00
";

fn moment(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn active(table: &SeriesTable, now: Timestamp) -> bool {
    let text = text_at(now, table);
    samples(&text)["ping_maintenance_active{target=\"x\"}"] == "1"
}

#[test]
fn a_probe_inside_a_window_counts_as_maintenance_and_sets_ping_up() {
    let table = table(WINDOWS);
    let series = Arc::clone(&table.load()[0]);
    let first_byte = [(Phase::FirstByte, 20)];
    series.record(&report(Ok(()), 35, &first_byte), at(1.0), true);
    let before = series.record(&report(Err(Reason::Status), 35, &first_byte), at(2.0), true);
    assert_eq!(before.map(|last| last.up), Some(true));
    series.record(&report(Err(Reason::Timeout), 5_000, &[]), at(3.0), true);
    let mut not_run = report(Ok(()), 5, &[]);
    not_run.result = Err(ProbeError::NotRun {
        cause: "Too many open files".to_owned(),
    });
    series.record(&not_run, at(4.0), true);
    let text = text(&table);
    let samples = samples(&text);
    for (series, value) in [
        ("ping_maintenance_total{target=\"x\"}", "3"),
        ("ping_success_total{target=\"x\"}", "0"),
        ("ping_failure_total{target=\"x\"}", "0"),
        ("ping_missed_total{target=\"x\"}", "1"),
        ("ping_latency_seconds_count{target=\"x\"}", "2"),
        (
            "ping_phase_seconds_count{target=\"x\",phase=\"first_byte\"}",
            "2",
        ),
        ("ping_up{target=\"x\"}", "0"),
        ("ping_last_probe_timestamp_seconds{target=\"x\"}", "3"),
    ] {
        assert_eq!(samples[series], value, "{series}");
    }
    assert!(!text.contains("ping_failures_by_reason_total{"));
}

#[test]
fn a_target_is_in_maintenance_from_the_start_of_a_window_to_before_its_end() {
    let table = table(WINDOWS);
    // Two windows overlap on the first day. The times are not in order, as those of concurrent scrapes.
    for (at, expected) in [
        ("2026-12-01T00:59:59.999Z", false),
        ("2026-12-01T01:00:00Z", true),
        ("2026-12-01T02:59:59Z", true),
        ("2026-12-01T03:59:59.999Z", true),
        ("2026-12-01T03:00:00Z", true),
        ("2026-12-01T04:00:00Z", false),
        ("2026-12-01T00:30:00Z", false),
        ("2026-12-02T01:00:00Z", true),
        ("2026-12-02T03:00:00Z", false),
        ("2027-07-01T00:00:00Z", true),
    ] {
        assert_eq!(active(&table, moment(at)), expected, "{at}");
    }
}

#[test]
fn a_reload_changes_the_windows_and_keeps_the_counters() {
    let table = table(WINDOWS);
    let inside = moment("2026-12-01T02:00:00Z");
    Arc::clone(&table.load()[0]).record(&report(Ok(()), 1, &[]), at(1.0), true);
    assert!(active(&table, inside));
    let reload = |toml: &str| {
        let set = TargetSet::parse_toml(toml, &Defaults::default()).unwrap();
        table.replace(set.iter());
    };
    reload("[[target]]\nname = 'x'\nurl = 'http://x'");
    assert!(!active(&table, inside));
    assert!(text(&table).contains("ping_maintenance_total{target=\"x\"} 1\n"));
    reload(WINDOWS);
    assert!(active(&table, inside));
}

proptest! {
    #[test]
    fn the_cached_state_agrees_with_the_windows(minutes in prop::collection::vec(0_i64..4 * 1440, 1..40)) {
        let table = table(WINDOWS);
        let series = Arc::clone(&table.load()[0]);
        for minute in minutes {
            let at = moment("2026-11-29T12:00Z") + jiff::SignedDuration::from_mins(minute);
            prop_assert_eq!(series.in_maintenance(at), series.target().maintenance.active(at).is_some(), "{}", at);
        }
    }
}
