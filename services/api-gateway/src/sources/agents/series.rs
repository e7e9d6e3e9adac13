//! The series of one target, and the values derived from one snapshot to the next: since when the target is in its state,
//! and why it failed last.

use std::sync::Arc;

/// The series of one target that the gateway reads. A series that is absent, or whose value is impossible (NaN,
/// a negative count), is `None`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Series {
    /// `ping_success_total`.
    pub success: Option<f64>,
    /// `ping_failure_total`.
    pub failures: Option<f64>,
    /// `ping_up`: whether the last probe succeeded.
    pub up: Option<bool>,
    /// `ping_last_probe_timestamp_seconds`, in seconds since the epoch.
    pub last_probe: Option<f64>,
    /// `ping_interval_seconds`.
    pub interval: Option<f64>,
    /// `ping_maintenance_active`: whether the agent counts its probes as maintenance now.
    pub maintenance: Option<bool>,
    /// `ping_slo_objective_ratio`.
    pub slo_objective: Option<f64>,
    /// `ping_latency_objective_seconds`.
    pub latency_objective: Option<f64>,
    /// `ping_tls_not_after_timestamp_seconds`, in seconds since the epoch.
    pub not_after: Option<f64>,
    /// `ping_failures_by_reason_total`, by reason.
    pub reasons: Vec<(Arc<str>, f64)>,
    /// `ping_target_info`.
    pub info: Option<Info>,
    /// Values that take the agent's earlier snapshots.
    pub derived: Derived,
}

/// The labels of `ping_target_info`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Info {
    /// The URL, without a password.
    pub url: String,
    /// How the target is probed: `http`, `https`.
    pub kind: String,
}

impl Series {
    /// Returns when the target was probed last, in seconds since the epoch: not after the gateway first saw it. The time of a probe
    /// that is in the future would otherwise become a fresh one later, even if its agent has stopped.
    #[must_use]
    pub fn probed(&self) -> Option<f64> {
        let last_probe = self.last_probe?;
        let first_seen = self.derived.first_seen;
        Some(first_seen.map_or(last_probe, |seen| last_probe.min(seen)))
    }
}

/// Values that no series has, derived from one snapshot to the next.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Derived {
    /// When the current run of equal results began, in seconds since the epoch; `None` where that was before the gateway
    /// first asked.
    pub since: Option<f64>,
    /// The reason of the newest failure; `None` where that was before the gateway first asked and there have been several.
    pub reason: Option<Arc<str>>,
    /// When the gateway first saw the newest probe, in seconds since the epoch, by its own clock.
    pub first_seen: Option<f64>,
}

impl Derived {
    /// The values of a series without an earlier snapshot, read at the time `now`.
    pub(super) fn new(series: &Series, now: f64) -> Self {
        let mut reasons = series.reasons.iter().filter(|(_, count)| *count > 0.0);
        let only = reasons.next().filter(|_| reasons.next().is_none());
        Self {
            since: None,
            reason: only.map(|(reason, _)| Arc::clone(reason)),
            first_seen: Some(now),
        }
    }

    /// The values of a series that was `before` in the snapshot before; `None` where the agent did not export it then.
    pub(super) fn after(before: Option<&Series>, series: &Series) -> Self {
        let Some(before) = before else {
            return Self {
                since: series.last_probe,
                ..series.derived.clone()
            };
        };
        let is_new = before.last_probe != series.last_probe;
        Self {
            first_seen: match before.derived.first_seen {
                // A clock that was put back must not leave it in the future.
                Some(seen) if !is_new => series.derived.first_seen.map(|now| now.min(seen)),
                _ => series.derived.first_seen,
            },
            since: if before.up == series.up {
                before.derived.since
            } else {
                series.last_probe
            },
            reason: newest(before, series).or_else(|| before.derived.reason.clone()),
        }
    }
}

/// Returns the reason that was counted most since the snapshot before. A count that went down began anew with its agent.
fn newest(before: &Series, series: &Series) -> Option<Arc<str>> {
    let counted = series.reasons.iter().map(|(reason, count)| {
        let known = before.reasons.iter().find(|(known, _)| known == reason);
        let known = known.map_or(0.0, |(_, count)| *count);
        let since_then = if *count < known {
            *count
        } else {
            count - known
        };
        (reason, since_then)
    });
    counted
        .filter(|(_, since_then)| *since_then > 0.0)
        .max_by(|(_, one), (_, other)| one.total_cmp(other))
        .map(|(reason, _)| Arc::clone(reason))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(up: bool, last_probe: f64, reasons: &[(&str, f64)]) -> Series {
        let reasons = reasons
            .iter()
            .map(|(reason, count)| ((*reason).into(), *count));
        let mut series = Series {
            up: Some(up),
            last_probe: Some(last_probe),
            reasons: reasons.collect(),
            ..Series::default()
        };
        series.derived = Derived::new(&series, last_probe);
        series
    }

    /// The time of the last change and the newest reason after these snapshots.
    fn derived(snapshots: &[Series]) -> (Option<f64>, Option<String>) {
        let mut last: Option<Series> = None;
        for series in snapshots {
            let mut series = series.clone();
            if let Some(last) = &last {
                series.derived = Derived::after(Some(last), &series);
            }
            last = Some(series);
        }
        let derived = last.unwrap().derived;
        (
            derived.since,
            derived.reason.map(|reason| reason.to_string()),
        )
    }

    #[test]
    fn a_change_is_dated_by_the_probe_that_showed_it() {
        let changes = [
            seen(true, 10.0, &[]),
            seen(false, 20.0, &[]),
            seen(false, 30.0, &[]),
        ];
        assert_eq!(derived(&changes[..1]).0, None);
        assert_eq!(derived(&changes).0, Some(20.0));
        let new = seen(true, 40.0, &[]);
        assert_eq!(Derived::after(None, &new).since, Some(40.0));
    }

    #[test]
    fn the_newest_reason_is_the_one_that_was_counted_since() {
        let both = [("dns", 5.0), ("tls", 2.0)];
        assert_eq!(derived(&[seen(false, 1.0, &both)]).1, None, "either");
        let only = seen(false, 1.0, &[("dns", 5.0), ("tls", 0.0)]);
        assert_eq!(derived(&[only]).1.as_deref(), Some("dns"));
        let counted = seen(false, 2.0, &[("dns", 5.0), ("tls", 3.0)]);
        let nothing_since = seen(false, 3.0, &[("dns", 5.0), ("tls", 3.0)]);
        let known = derived(&[seen(false, 1.0, &both), counted.clone(), nothing_since]);
        assert_eq!(known.1.as_deref(), Some("tls"));
        let anew = seen(false, 4.0, &[("dns", 1.0)]);
        let known = derived(&[seen(false, 1.0, &both), counted, anew]);
        assert_eq!(known.1.as_deref(), Some("dns"));
    }
}
