//! The metric families of the targets, each with a function that writes the samples of one target.

use service_kit::LATENCY_BUCKETS;
use targets::TargetKind;

use super::counters::LastProbe;
use super::row::Row;
use super::text::{Value, label, sample};

/// The maximum number of series of a target.
const MAX_SERIES: usize = 40;

/// A metric family.
pub(crate) struct Family {
    pub(crate) name: &'static str,
    /// The type, by its name in the text format.
    pub(crate) kind: &'static str,
    pub(crate) help: &'static str,
    /// Appends the samples of one target.
    pub(crate) write: fn(&mut String, &'static str, &Row),
}

pub(crate) const FAMILIES: [Family; 15] = [
    Family {
        name: "ping_success_total",
        kind: "counter",
        help: "Probes that got the expected response.",
        write: |out, name, row| whole(out, name, row, row.counters.success),
    },
    Family {
        name: "ping_failure_total",
        kind: "counter",
        help: "Probes that failed.",
        write: |out, name, row| whole(out, name, row, row.counters.failure),
    },
    Family {
        name: "ping_maintenance_total",
        kind: "counter",
        help: "Probes inside a maintenance window, successful or not.",
        write: |out, name, row| whole(out, name, row, row.counters.maintenance),
    },
    Family {
        name: "ping_missed_total",
        kind: "counter",
        help: "Probes that were due and did not run.",
        write: |out, name, row| whole(out, name, row, row.counters.missed),
    },
    Family {
        name: "ping_latency_seconds",
        kind: "histogram",
        help: "Duration of probes that got a response.",
        write: latency,
    },
    Family {
        name: "ping_phase_seconds",
        kind: "summary",
        help: "Time that probes spent in each phase.",
        write: phases,
    },
    Family {
        name: "ping_failures_by_reason_total",
        kind: "counter",
        help: "Failed probes by reason.",
        write: reasons,
    },
    Family {
        name: "ping_up",
        kind: "gauge",
        help: "Whether the last probe succeeded.",
        write: |out, name, row| {
            real_if(
                out,
                name,
                row,
                row.counters.last.map(|LastProbe { up, .. }| f64::from(up)),
            )
        },
    },
    Family {
        name: "ping_last_probe_timestamp_seconds",
        kind: "gauge",
        help: "End of the last probe, in seconds since 1970.",
        write: |out, name, row| {
            real_if(
                out,
                name,
                row,
                row.counters.last.map(|LastProbe { at, .. }| at),
            )
        },
    },
    Family {
        name: "ping_interval_seconds",
        kind: "gauge",
        help: "Time between the starts of two probes.",
        write: |out, name, row| real_if(out, name, row, Some(row.target().interval.as_secs_f64())),
    },
    Family {
        name: "ping_slo_objective_ratio",
        kind: "gauge",
        help: "Objective for the ratio of probes that succeed.",
        write: |out, name, row| real_if(out, name, row, Some(row.target().slo_objective)),
    },
    Family {
        name: "ping_latency_objective_seconds",
        kind: "gauge",
        help: "Objective for the 95th percentile of the latency.",
        write: |out, name, row| real_if(out, name, row, row.target().latency_objective),
    },
    Family {
        name: "ping_maintenance_active",
        kind: "gauge",
        help: "Whether the target is in maintenance.",
        write: |out, name, row| whole(out, name, row, row.in_maintenance.into()),
    },
    Family {
        name: "ping_tls_not_after_timestamp_seconds",
        kind: "gauge",
        help: "Expiry of the certificate of the target's host, in seconds since 1970.",
        write: |out, name, row| real_if(out, name, row, not_after(row)),
    },
    Family {
        name: "ping_target_info",
        kind: "gauge",
        help: "URL and kind of the target.",
        write: info,
    },
];

fn whole(out: &mut String, name: &str, row: &Row, value: u64) {
    sample(out, [name, ""], &[row.labels()], Value::Whole(value));
}

fn real_if(out: &mut String, name: &str, row: &Row, value: Option<f64>) {
    if let Some(value) = value {
        sample(out, [name, ""], &[row.labels()], Value::Real(value));
    }
}

/// Returns the expiry of the certificate. A target that was https before the last reload may still have one stored.
fn not_after(row: &Row) -> Option<f64> {
    let seconds = row
        .counters
        .not_after
        .filter(|_| row.target().kind == TargetKind::Https)?;
    // The conversion is exact: a date in the range of X.509 has 38 bits.
    Some(seconds as f64)
}

fn latency(out: &mut String, name: &'static str, row: &Row) {
    let latency = &row.counters.latency;
    let mut cumulative = 0;
    for (count, bound) in latency.buckets.iter().zip(LATENCY_BUCKETS) {
        cumulative += count;
        let mut bound_text = ryu::Buffer::new();
        let bound = bound_text.format(bound);
        let le = [r#"le=""#, bound.strip_suffix(".0").unwrap_or(bound), r#"""#].concat();
        sample(
            out,
            [name, "_bucket"],
            &[row.labels(), &le],
            Value::Whole(cumulative),
        );
    }
    let total = latency.total;
    sample(
        out,
        [name, "_bucket"],
        &[row.labels(), r#"le="+Inf""#],
        Value::Whole(total.count),
    );
    sample(
        out,
        [name, "_sum"],
        &[row.labels()],
        Value::Real(total.seconds),
    );
    sample(
        out,
        [name, "_count"],
        &[row.labels()],
        Value::Whole(total.count),
    );
}

fn phases(out: &mut String, name: &'static str, row: &Row) {
    for (phase, total) in row.counters.phases() {
        let phase = label("phase", phase.as_str());
        sample(
            out,
            [name, "_sum"],
            &[row.labels(), &phase],
            Value::Real(total.seconds),
        );
        sample(
            out,
            [name, "_count"],
            &[row.labels(), &phase],
            Value::Whole(total.count),
        );
    }
}

/// Writes the failures by reason. A target with all phases and reasons would have 44 series, so the reasons that are oldest
/// by their last occurrence are left out beyond [`MAX_SERIES`]; their counts are kept.
fn reasons(out: &mut String, name: &'static str, row: &Row) {
    let counters = &row.counters;
    let four_counters = 4;
    let latency = LATENCY_BUCKETS.len() + 3;
    let phases = 2 * counters.phases().count();
    let gauges = 6
        + usize::from(row.target().latency_objective.is_some())
        + usize::from(not_after(row).is_some());
    let limit = MAX_SERIES - (four_counters + latency + phases + gauges);
    for (reason, count) in counters.reasons(limit) {
        let reason = label("reason", reason.as_str());
        sample(
            out,
            [name, ""],
            &[row.labels(), &reason],
            Value::Whole(count),
        );
    }
}

fn info(out: &mut String, name: &'static str, row: &Row) {
    let url = label("url", row.target().redacted_url());
    let kind = label("kind", row.target().kind.as_str());
    sample(
        out,
        [name, ""],
        &[row.labels(), &url, &kind],
        Value::Whole(1),
    );
}
