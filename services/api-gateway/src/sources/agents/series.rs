//! The series of one target, and the values derived from successive snapshots: when the target's state began, and why it
//! failed last.

use std::sync::Arc;

/// The series of one target that the gateway reads. A series is `None` if it is absent or its value is impossible (NaN, a
/// negative count).
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Series {
    /// `ping_success_total`.
    pub success: Option<f64>,
    /// `ping_failure_total`.
    pub failures: Option<f64>,
    /// `ping_up`: 1 if the last probe succeeded.
    pub up: Option<bool>,
    /// `ping_last_probe_timestamp_seconds`, in seconds since the epoch.
    pub last_probe: Option<f64>,
    /// `ping_interval_seconds`.
    pub interval: Option<f64>,
    /// `ping_maintenance_active`: 1 while the agent counts probes as maintenance.
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
    /// Values derived from the agent's earlier snapshots.
    pub derived: Derived,
}

/// The labels of `ping_target_info`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Info {
    /// The URL, without a password.
    pub url: String,
    /// The kind of probe: `http`, `https`.
    pub kind: String,
}

impl Series {
    /// Returns the time of the last probe in seconds since the epoch, at most the time at which the gateway first saw the
    /// probe. Otherwise a time in the future would look fresh later, even if the agent has stopped.
    #[must_use]
    pub fn probed(&self) -> Option<f64> {
        let last_probe = self.last_probe?;
        let first_seen = self.derived.first_seen;
        Some(first_seen.map_or(last_probe, |first_seen| last_probe.min(first_seen)))
    }
}

/// Values derived from successive snapshots.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Derived {
    /// When the current run of identical results began, in seconds since the epoch; `None` if that was before the first
    /// snapshot.
    pub since: Option<f64>,
    /// The reason of the newest failure; `None` if that was before the first snapshot and there are several reasons.
    pub reason: Option<Arc<str>>,
    /// When the gateway first saw the newest probe, in seconds since the epoch by the gateway's clock.
    pub first_seen: Option<f64>,
}

impl Derived {
    /// Derives the values of a series without an earlier snapshot, at the time `now`.
    pub(super) fn new(series: &Series, now: f64) -> Self {
        let mut reasons = series.reasons.iter().filter(|(_, count)| *count > 0.0);
        let only = reasons.next().filter(|_| reasons.next().is_none());
        Self {
            since: None,
            reason: only.map(|(reason, _)| Arc::clone(reason)),
            first_seen: Some(now),
        }
    }

    /// Derives the values of a series from the previous snapshot. `before` is `None` if that did not contain the target.
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
                // After the gateway's clock is put back, the time must not be in the future.
                Some(first) if !is_new => series.derived.first_seen.map(|now| now.min(first)),
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

/// Returns the reason with the largest increase since the previous snapshot. A decreased count means an agent's restart.
fn newest(before: &Series, series: &Series) -> Option<Arc<str>> {
    let counted = series.reasons.iter().map(|(reason, count)| {
        let previous = before.reasons.iter().find(|(other, _)| other == reason);
        let previous = previous.map_or(0.0, |(_, count)| *count);
        let increase = if *count < previous {
            *count
        } else {
            count - previous
        };
        (reason, increase)
    });
    counted
        .filter(|(_, increase)| *increase > 0.0)
        .max_by(|(_, one), (_, other)| one.total_cmp(other))
        .map(|(reason, _)| Arc::clone(reason))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn probe(up: bool, last_probe: f64, reasons: &[(&str, f64)]) -> Series {
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

    /// The time of the last change, and the newest reason, after these snapshots.
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
    fn a_change_has_the_time_of_its_probe() {
        let changes = [
            probe(true, 10.0, &[]),
            probe(false, 20.0, &[]),
            probe(false, 30.0, &[]),
        ];
        assert_eq!(derived(&changes[..1]).0, None);
        assert_eq!(derived(&changes).0, Some(20.0));
        let new = probe(true, 40.0, &[]);
        assert_eq!(Derived::after(None, &new).since, Some(40.0));
    }

    #[test]
    fn the_newest_reason_is_the_one_whose_count_increased() {
        let both = [("dns", 5.0), ("tls", 2.0)];
        assert_eq!(derived(&[probe(false, 1.0, &both)]).1, None, "ambiguous");
        let only = probe(false, 1.0, &[("dns", 5.0), ("tls", 0.0)]);
        assert_eq!(derived(&[only]).1.as_deref(), Some("dns"));
        let counted = probe(false, 2.0, &[("dns", 5.0), ("tls", 3.0)]);
        let unchanged = probe(false, 3.0, &[("dns", 5.0), ("tls", 3.0)]);
        let reason = derived(&[probe(false, 1.0, &both), counted.clone(), unchanged]).1;
        assert_eq!(reason.as_deref(), Some("tls"));
        let restarted = probe(false, 4.0, &[("dns", 1.0)]);
        let reason = derived(&[probe(false, 1.0, &both), counted, restarted]).1;
        assert_eq!(reason.as_deref(), Some("dns"));
    }
}
