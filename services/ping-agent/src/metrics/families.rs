//! The families of the targets' series, each with how a target's part of it is written.

use service_kit::LATENCY_BUCKETS;
use targets::TargetKind;

use super::counters::LastProbe;
use super::row::Row;
use super::text::{Value, label, sample};

/// No target has more series than this, whatever happens to it.
const MAX_SERIES: usize = 40;

/// A family of series.
pub(crate) struct Family {
    pub(crate) name: &'static str,
    /// The type, as the format names it.
    pub(crate) kind: &'static str,
    pub(crate) help: &'static str,
    /// Appends the samples of one target.
    pub(crate) write: fn(&mut String, &'static str, &Row),
}

pub(crate) const FAMILIES: [Family; 15] = [
    Family {
        name: "ping_success_total",
        kind: "counter",
        help: "Probes that got a response as the target should give it.",
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
        help: "Probes inside a maintenance window, whatever their result.",
        write: |out, name, row| whole(out, name, row, row.counters.maintenance),
    },
    Family {
        name: "ping_missed_total",
        kind: "counter",
        help: "Probes that were due and not made.",
        write: |out, name, row| whole(out, name, row, row.counters.missed),
    },
    Family {
        name: "ping_latency_seconds",
        kind: "histogram",
        help: "Time of whole probes that got a response.",
        write: latency,
    },
    Family {
        name: "ping_phase_seconds",
        kind: "summary",
        help: "Time that probes spent in each phase they went through.",
        write: phases,
    },
    Family {
        name: "ping_failures_by_reason_total",
        kind: "counter",
        help: "Failed probes by what they failed for.",
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
        help: "When the last probe ended, in seconds since 1970.",
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
        help: "From the start of one probe to the next.",
        write: |out, name, row| real_if(out, name, row, Some(row.target().interval.as_secs_f64())),
    },
    Family {
        name: "ping_slo_objective_ratio",
        kind: "gauge",
        help: "The ratio of probes that is to succeed.",
        write: |out, name, row| real_if(out, name, row, Some(row.target().slo_objective)),
    },
    Family {
        name: "ping_latency_objective_seconds",
        kind: "gauge",
        help: "What 95 % of the responses are to take at most.",
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
        help: "When the certificate of the target's host expires, in seconds since 1970.",
        write: |out, name, row| real_if(out, name, row, not_after(row)),
    },
    Family {
        name: "ping_target_info",
        kind: "gauge",
        help: "What the target is.",
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

/// A target that was https before the last reload may still have the time of a certificate.
fn not_after(row: &Row) -> Option<f64> {
    let seconds = row
        .counters
        .not_after
        .filter(|_| row.target().kind == TargetKind::Https)?;
    // Exact: a date within the range of X.509 has 38 bits.
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

/// A target that has seen everything there is would have 44 series; of its reasons the ones not seen for longest are left
/// out, with their counts kept.
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
