//! Tests the exposition of the targets' series.

mod maintenance;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use jiff::Timestamp;
use proptest::prelude::*;
use targets::{Defaults, Target, TargetSet};

use super::SeriesTable;
use super::exposition::Exposition;
use crate::probe::{Phase, Phases, ProbeError, Reason, Report};

fn table(toml: &str) -> SeriesTable {
    let table = SeriesTable::default();
    let set = TargetSet::parse_toml(toml, &Defaults::default()).unwrap();
    table.replace(set.iter());
    table
}

fn text(table: &SeriesTable) -> String {
    text_at(moment_of(1_900_000_000), table)
}

fn moment_of(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn text_at(now: Timestamp, table: &SeriesTable) -> String {
    let chunks: Vec<_> = Exposition::at(now, table).flatten().collect();
    String::from_utf8(chunks).unwrap()
}

fn report(result: Result<(), Reason>, latency_ms: u64, phases: &[(Phase, u64)]) -> Report {
    let mut times = Phases::default();
    for (phase, milliseconds) in phases {
        times.add(*phase, Duration::from_millis(*milliseconds));
    }
    Report {
        result: result.map_err(|reason| ProbeError::Failed {
            reason,
            detail: String::new(),
        }),
        latency: Duration::from_millis(latency_ms),
        phases: times,
        not_after: Some(1_900_000_000),
        malformed: None,
    }
}

fn at(seconds: f64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs_f64(seconds)
}

/// Returns the samples by series. Panics if a series occurs twice or a family is split.
fn samples(text: &str) -> BTreeMap<&str, &str> {
    let mut samples = BTreeMap::new();
    let (mut family, mut families) = ("", BTreeSet::new());
    for line in text.lines() {
        if let Some(kind) = line.strip_prefix("# TYPE ") {
            family = kind.split(' ').next().unwrap();
            assert!(families.insert(family), "{family} twice");
        } else if !line.starts_with('#') {
            let (series, value) = line.rsplit_once(' ').unwrap();
            assert!(series.starts_with(family), "{series} within {family}");
            assert_eq!(samples.insert(series, value), None, "{series} twice");
        }
    }
    samples
}

#[test]
fn the_exposition_of_one_target() {
    let table = table(
        "[[target]]\nname = 'shop \"front\"'\nurl = 'https://me:hunter2@shop.example/'\ninterval_seconds = 15\nslo_objective = 0.995\nlatency_objective_seconds = 0.25",
    );
    let series = Arc::clone(&table.load()[0]);
    let phases = [
        (Phase::Dns, 2),
        (Phase::Connect, 3),
        (Phase::Tls, 9),
        (Phase::FirstByte, 20),
        (Phase::Transfer, 1),
    ];
    series.record(&report(Ok(()), 35, &phases), at(1_800_000_000.0), false);
    series.record(
        &report(Err(Reason::Status), 100, &phases),
        at(1_800_000_015.0),
        false,
    );
    series.record(
        &report(Err(Reason::Timeout), 10_000, &phases[..2]),
        at(1_800_000_040.25),
        false,
    );
    series.count_missed(4);
    insta::assert_snapshot!(text(&table));
}

#[test]
fn before_the_first_probe_the_counters_and_the_histogram_are_zero() {
    let table = table("[[target]]\nname = 'x'\nurl = 'http://x'");
    let text = text(&table);
    let samples = samples(&text);
    for series in [
        "ping_success_total{target=\"x\"}",
        "ping_failure_total{target=\"x\"}",
        "ping_maintenance_total{target=\"x\"}",
        "ping_maintenance_active{target=\"x\"}",
        "ping_latency_seconds_bucket{target=\"x\",le=\"+Inf\"}",
        "ping_latency_seconds_count{target=\"x\"}",
        "ping_latency_seconds_sum{target=\"x\"}",
    ] {
        assert_eq!(samples.get(series), Some(&"0"), "{series}");
    }
    for absent in [
        "ping_up{",
        "ping_last_probe",
        "ping_phase_seconds_",
        "ping_failures_by_reason",
        "ping_latency_objective",
        "ping_tls_",
    ] {
        assert!(
            !samples.keys().any(|series| series.starts_with(absent)),
            "{absent}"
        );
    }
}

#[test]
fn a_probe_that_cannot_run_counts_as_missed_only() {
    let table = table("[[target]]\nname = 'x'\nurl = 'http://x'");
    let mut not_run = report(Ok(()), 5, &[]);
    not_run.result = Err(ProbeError::NotRun {
        cause: "Too many open files".to_owned(),
    });
    let series = Arc::clone(&table.load()[0]);
    assert_eq!(series.record(&not_run, at(1.0), false), None);
    let text = text(&table);
    let samples = samples(&text);
    assert_eq!(samples["ping_missed_total{target=\"x\"}"], "1");
    assert_eq!(samples["ping_failure_total{target=\"x\"}"], "0");
    assert!(!text.contains("ping_up{"));
}

#[test]
fn no_target_has_more_than_forty_series() {
    let table = table("[[target]]\nname = 'x'\nurl = 'https://x'\nlatency_objective_seconds = 0.5");
    let series = Arc::clone(&table.load()[0]);
    let everything = Phase::ALL.map(|phase| (phase, 1));
    for (second, reason) in (1_u32..).zip(Reason::ALL) {
        series.record(
            &report(Err(reason), 1, &everything),
            at(second.into()),
            false,
        );
    }
    let reasons = || {
        let text = text(&table);
        let samples = samples(&text);
        assert_eq!(samples.len(), 40);
        let of = "ping_failures_by_reason_total{target=\"x\",reason=\"";
        let shown = samples.iter().filter_map(|(series, count)| {
            Some((
                series.strip_prefix(of)?.strip_suffix("\"}")?.to_owned(),
                count.parse().unwrap(),
            ))
        });
        shown.collect::<BTreeMap<String, u64>>()
    };
    let shown = |counts: [(&str, u64); 4]| {
        counts
            .map(|(reason, count)| (reason.to_owned(), count))
            .into()
    };
    assert_eq!(
        reasons(),
        shown([("status", 1), ("body", 1), ("redirect", 1), ("protocol", 1)]),
        "the reasons whose last occurrence is oldest are left out"
    );
    series.record(&report(Err(Reason::Dns), 1, &everything), at(9.0), false);
    assert_eq!(
        reasons(),
        shown([("dns", 2), ("body", 1), ("redirect", 1), ("protocol", 1)])
    );
}

#[test]
fn each_of_ten_thousand_targets_has_its_own_series() {
    let toml: String = (0..10_000)
        .map(|n| format!("[[target]]\nname = 'target {n}'\nurl = 'http://10.0.0.1/{n}'\n"))
        .collect();
    let table = table(&toml);
    for (number, series) in (0_u64..).zip(table.load().iter()) {
        series.count_missed(number);
    }
    let text = text(&table);
    let samples = samples(&text);
    for number in 0..10_000 {
        assert_eq!(
            samples[&*format!("ping_missed_total{{target=\"target {number}\"}}")],
            number.to_string()
        );
        assert_eq!(
            samples[&*format!("ping_success_total{{target=\"target {number}\"}}")],
            "0"
        );
    }
    // 22 each: four counters, fourteen of the histogram, interval, objective, maintenance, info.
    assert_eq!(samples.len(), 220_000);
}

#[test]
fn a_target_that_is_no_longer_https_has_no_certificate() {
    let table = table("[[target]]\nname = 'x'\nurl = 'https://x'");
    let https = Arc::clone(&table.load()[0]);
    https.record(&report(Ok(()), 1, &[]), at(1.0), false);
    assert!(
        text(&table).contains("ping_tls_not_after_timestamp_seconds{target=\"x\"} 1900000000\n")
    );
    let set = TargetSet::parse_toml(
        "[[target]]\nname = 'x'\nurl = 'http://x'",
        &Defaults::default(),
    )
    .unwrap();
    table.replace(set.iter());
    assert!(!text(&table).contains("not_after_timestamp_seconds{"));
    assert!(
        text(&table).contains("ping_success_total{target=\"x\"} 1\n"),
        "the counters go on"
    );
    assert!(
        text(&table).contains("url=\"http://x\",kind=\"http\"}"),
        "the labels follow"
    );
}

#[test]
fn a_target_that_moved_drops_the_certificate_of_its_previous_host() {
    let table = table("[[target]]\nname = 'x'\nurl = 'https://before/a'");
    let move_to = |url: &str| {
        let toml = format!("[[target]]\nname = 'x'\nurl = '{url}'");
        let set = TargetSet::parse_toml(&toml, &Defaults::default()).unwrap();
        table.replace(set.iter());
        text(&table).contains("not_after_timestamp_seconds{")
    };
    Arc::clone(&table.load()[0]).record(&report(Ok(()), 1, &[]), at(1.0), false);
    assert!(move_to("https://before/b"), "the same host");
    assert!(!move_to("https://after/b"));
}

/// Unescapes a label value like Prometheus.
fn unescape(value: &str) -> String {
    let mut text = String::new();
    let mut chars = value.chars();
    while let Some(c) = chars.next() {
        match (c, c == '\\') {
            (_, true) => text.push(match chars.next().unwrap() {
                'n' => '\n',
                c => c,
            }),
            (c, false) => text.push(c),
        }
    }
    text
}

proptest! {
    #[test]
    fn hostile_names_are_escaped_and_unescape_to_themselves(names in prop::collection::btree_set("[^\\p{C}]{1,12}|[\"\\\\{},=# x]{1,8}", 1..6)) {
        let names: BTreeSet<_> = names.iter().map(|name| name.trim()).filter(|name| !name.is_empty()).collect();
        prop_assume!(!names.is_empty());
        let toml: String = names
            .iter()
            .map(|name| format!("[[target]]\nname = {}\nurl = 'http://x'\n", toml_string(name)))
            .collect();
        // A name that is a URL loses its password; the parsed set has the names to expect.
        let Ok(set) = TargetSet::parse_toml(&toml, &Defaults::default()) else { return Ok(()) };
        let expected: BTreeSet<_> = set.iter().map(|target: &Arc<Target>| target.name.to_string()).collect();
        let table = SeriesTable::default();
        table.replace(set.iter());
        let text = text(&table);
        let read: BTreeSet<_> = samples(&text)
            .keys()
            .filter_map(|series| series.strip_prefix("ping_success_total{target=\"")?.strip_suffix("\"}"))
            .map(unescape)
            .collect();
        prop_assert_eq!(read, expected);
    }
}

/// Returns a TOML basic string.
fn toml_string(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// The clock is set back an hour, and the agent stops probing.
#[test]
fn a_last_probe_in_the_future_grows_old() {
    let table = table("[[target]]\nname = 'x'\nurl = 'http://x'\n");
    let series = Arc::clone(&table.load()[0]);
    series.record(&report(Ok(()), 35, &[]), at(5000.0), false);
    let last_probe = |second| {
        let text = text_at(moment_of(second), &table);
        samples(&text)["ping_last_probe_timestamp_seconds{target=\"x\"}"].to_owned()
    };
    assert_eq!(last_probe(5001), "5000");
    assert_eq!(last_probe(1400), "1400");
    assert_eq!(last_probe(5001), "1400");
}
