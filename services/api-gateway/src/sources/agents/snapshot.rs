//! A snapshot of one agent's targets, parsed from its exposition.

use std::collections::HashMap;
use std::io::BufRead;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use super::{Derived, Info, Series};
use crate::sources::bounds::{Bounds, TooMuch};
use crate::sources::exposition::{ParseError, Sample, read};

/// One agent's targets at one moment.
#[derive(Debug)]
pub struct Snapshot {
    /// When the exposition was requested. Its values are not older.
    pub requested_at: Instant,
    /// The time from the request until the exposition was parsed.
    pub fetch_duration: Duration,
    series: HashMap<Arc<str>, Series>,
    /// The targets in the order in which the exposition first names them.
    names: Vec<Arc<str>>,
}

/// The most reasons of one target. ping-agent has fewer.
const MAX_REASONS: usize = 16;

impl Snapshot {
    /// Parses the exposition that was requested at `requested_at`. Ignores other metrics, and series without a target.
    ///
    /// # Errors
    /// A line is invalid, or exceeds a bound. The whole exposition is rejected, because its rest can't be trusted either.
    pub fn parse(text: impl BufRead, requested_at: Instant) -> Result<Self, ParseError> {
        let mut snapshot = Self {
            requested_at,
            fetch_duration: Duration::ZERO,
            series: HashMap::new(),
            names: Vec::new(),
        };
        let mut bounds = Bounds::default();
        read(text, |sample| Ok(snapshot.add(sample, &mut bounds)?))?;
        let now = Timestamp::now().as_duration().as_secs_f64();
        for series in snapshot.series.values_mut() {
            series.derived = Derived::new(series, now);
        }
        snapshot.fetch_duration = requested_at.elapsed();
        Ok(snapshot)
    }

    /// Derives values from the same agent's previous snapshot.
    #[must_use]
    pub fn after(mut self, before: &Self) -> Self {
        for (name, series) in &mut self.series {
            series.derived = Derived::after(before.get(name), series);
        }
        self
    }

    /// Returns the series of a target.
    #[must_use]
    pub fn get(&self, target: &str) -> Option<&Series> {
        self.series.get(target)
    }

    /// Returns the targets and their series, in the order of the exposition.
    pub fn iter(&self) -> impl Iterator<Item = (&Arc<str>, &Series)> {
        self.names
            .iter()
            .filter_map(|name| self.series.get_key_value(name))
    }

    fn add(&mut self, sample: &Sample<'_>, bounds: &mut Bounds) -> Result<(), TooMuch> {
        let field: fn(&mut Series, &Sample<'_>) = match &*sample.name {
            "ping_success_total" => |series, sample| add(&mut series.success, sample.value),
            "ping_failure_total" => |series, sample| add(&mut series.failures, sample.value),
            // If a target has several series, one that is down makes it down.
            "ping_up" => |series, sample| {
                if !sample.value.is_nan() {
                    series.up = Some(sample.value == 1.0 && series.up.unwrap_or(true));
                }
            },
            "ping_last_probe_timestamp_seconds" => {
                |series, sample| newest(&mut series.last_probe, sample.value)
            }
            "ping_interval_seconds" => |series, sample| newest(&mut series.interval, sample.value),
            "ping_maintenance_active" => |series, sample| {
                series.maintenance =
                    Some(sample.value == 1.0 || series.maintenance.unwrap_or(false));
            },
            "ping_slo_objective_ratio" => {
                |series, sample| newest(&mut series.slo_objective, sample.value)
            }
            "ping_latency_objective_seconds" => {
                |series, sample| newest(&mut series.latency_objective, sample.value)
            }
            "ping_tls_not_after_timestamp_seconds" => {
                |series, sample| newest(&mut series.not_after, sample.value)
            }
            "ping_failures_by_reason_total" => |series, sample| {
                if let Some(reason) = sample.label("reason") {
                    add_reason(&mut series.reasons, &reason, sample.value);
                }
            },
            "ping_target_info" => |series, sample| {
                let label = |name| sample.label(name).unwrap_or_default();
                series.info = Some(Info {
                    url: targets::redact(&label("url")),
                    kind: label("kind").into_owned(),
                });
            },
            _ => return Ok(()),
        };
        let Some(target) = sample.label("target") else {
            return Ok(());
        };
        let texts: &[&str] = match &*sample.name {
            "ping_failures_by_reason_total" => &["reason"],
            "ping_target_info" => &["url", "kind"],
            _ => &[],
        };
        for text in texts.iter().filter_map(|name| sample.label(name)) {
            bounds.text(&text)?;
        }
        if let Some(series) = self.series.get_mut(&*target) {
            field(series, sample);
            return Ok(());
        }
        bounds.target(&target)?;
        let name: Arc<str> = target.into();
        self.names.push(Arc::clone(&name));
        field(self.series.entry(name).or_default(), sample);
        Ok(())
    }
}

/// Adds to a counter, like PromQL's `sum by (target)` for counters with further labels.
fn add(count: &mut Option<f64>, value: f64) {
    if value.is_finite() && value >= 0.0 {
        *count = Some(count.unwrap_or_default() + value);
    }
}

fn add_reason(reasons: &mut Vec<(Arc<str>, f64)>, reason: &str, value: f64) {
    let room = reasons.len() < MAX_REASONS;
    let mut count = None;
    add(&mut count, value);
    let Some(count) = count else { return };
    match reasons.iter_mut().find(|(other, _)| **other == *reason) {
        Some((_, total)) => *total += count,
        None if room => reasons.push((reason.into(), count)),
        None => {}
    }
}

fn newest(gauge: &mut Option<f64>, value: f64) {
    if value.is_finite() && value > 0.0 {
        *gauge = Some(gauge.map_or(value, |gauge| gauge.max(value)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn series_are_grouped_by_target() {
        let snapshot = Snapshot::parse(
            &br#"
            go_goroutines 7
            ping_latency_seconds_bucket{le="1.0",target="b"} 3
            ping_success_total{target="b \"quoted\""} 3
            ping_success_total{zone="x",target="a"} 5
            ping_success_total{zone="y",target="a"} 6
            ping_failure_total{target="a"} NaN
            ping_up{target="a"} 1
            ping_up{target="a",zone="y"} 0
            ping_last_probe_timestamp_seconds{target="a"} 1700000000.5
            ping_interval_seconds{target="a"} 15
            ping_maintenance_active{target="a"} 0
            ping_slo_objective_ratio{target="a"} 0.999
            ping_latency_objective_seconds{target="a"} 0.5
            ping_tls_not_after_timestamp_seconds{target="a"} 1800000000
            ping_failures_by_reason_total{reason="dns",target="a"} 1
            ping_failures_by_reason_total{reason="dns",target="a",zone="y"} 2
            ping_failures_by_reason_total{reason="body",target="a"} NaN
            ping_failures_by_reason_total{target="a"} 7
            ping_target_info{kind="https",url="https://u:p@a/",target="a"} 1
            ping_up 1
            "#[..],
            Instant::now(),
        )
        .unwrap();
        assert_eq!(
            snapshot.get("a"),
            Some(&Series {
                success: Some(11.0),
                failures: None,
                up: Some(false),
                last_probe: Some(1_700_000_000.5),
                interval: Some(15.0),
                maintenance: Some(false),
                slo_objective: Some(0.999),
                latency_objective: Some(0.5),
                not_after: Some(1_800_000_000.0),
                reasons: vec![("dns".into(), 3.0)],
                info: Some(Info {
                    url: "https://u:xxxxx@a/".to_owned(),
                    kind: "https".to_owned(),
                }),
                derived: Derived {
                    since: None,
                    reason: Some("dns".into()),
                    first_seen: snapshot.get("a").unwrap().derived.first_seen,
                },
            })
        );
        let names: Vec<_> = snapshot.iter().map(|(name, _)| &**name).collect();
        assert_eq!(names, ["b \"quoted\"", "a"]);
        assert_eq!(snapshot.get("b \"quoted\"").unwrap().up, None);
    }

    /// The agent's clock was ahead during the last probe, and is then put back.
    #[test]
    fn a_probe_from_the_future_is_never_fresh_again() {
        let snapshot = |last_probe: f64| {
            let text = format!("ping_last_probe_timestamp_seconds{{target=\"a\"}} {last_probe}\n");
            Snapshot::parse(text.as_bytes(), Instant::now()).unwrap()
        };
        let probed = |snapshot: &Snapshot| snapshot.get("a").unwrap().probed().unwrap();
        let now = Timestamp::now().as_duration().as_secs_f64();
        let first = snapshot(now + 3600.0);
        assert!((now..now + 600.0).contains(&probed(&first)));
        let again = snapshot(now + 3600.0).after(&first);
        assert_eq!(probed(&again), probed(&first), "the same probe");
        let new = snapshot(now - 5.0).after(&again);
        assert_eq!(probed(&new), now - 5.0);
    }

    #[test]
    fn a_truncated_exposition_is_rejected_as_a_whole() {
        let text = b"ping_up{target=\"a\"} 1\nping_up{target=\"";
        let error = Snapshot::parse(&text[..], Instant::now()).unwrap_err();
        assert_eq!(error.line, 2);
    }

    /// The error of an exposition with these lines.
    fn error(lines: impl Iterator<Item = String>) -> String {
        let text: String = lines.collect();
        let parsed = Snapshot::parse(text.as_bytes(), Instant::now());
        parsed.unwrap_err().to_string()
    }

    #[test]
    fn too_many_targets_are_rejected_at_the_first_above_the_limit() {
        let lines = (0..1_000_000).map(|number| format!("ping_up{{target=\"{number}\"}} 1\n"));
        assert_eq!(error(lines), "line 50001: more than 50000 targets");
    }

    #[test]
    fn few_targets_with_too_much_text_are_rejected() {
        let long = "x".repeat(60_000);
        let expected = "more than 32 MiB of names, URLs and reasons";
        let name = |number| format!("ping_up{{target=\"{number}{long}\"}} 1\n");
        assert!(error((0..1_000).map(name)).ends_with(expected));
        let url = |number| format!("ping_target_info{{target=\"{number}\",url=\"{long}\"}} 1\n");
        assert!(error((0..1_000).map(url)).ends_with(expected));
        let reason = |number| {
            format!("ping_failures_by_reason_total{{target=\"a\",reason=\"{number}{long}\"}} 1\n")
        };
        assert!(error((0..1_000).map(reason)).ends_with(expected));
    }
}
