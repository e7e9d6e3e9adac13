//! The counters of one target.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use service_kit::LATENCY_BUCKETS;

use crate::probe::{Malformed, Phase, ProbeError, Reason, Report};

/// The counters of one target. They are plain values behind one lock, so a scrape sees either all or no effects of a
/// probe.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Counters {
    pub(crate) success: u64,
    pub(crate) failure: u64,
    /// Probes inside a maintenance window.
    pub(crate) maintenance: u64,
    pub(crate) missed: u64,
    pub(crate) latency: Latency,
    /// In the order of [`Phase::ALL`].
    phases: [Total; Phase::ALL.len()],
    /// In the order of [`Reason::ALL`].
    reasons: [Occurrences; Reason::ALL.len()],
    /// `None` before the first probe.
    pub(crate) last: Option<LastProbe>,
    /// Set while the last probe timed out or was cancelled.
    pub(crate) hanging: Option<Hanging>,
    /// The expiry of the certificate received last, in seconds since 1970.
    pub(crate) not_after: Option<i64>,
}

/// The state of a target whose last probe timed out or was cancelled.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Hanging {
    /// The number of slots since then for which no probe started.
    pub(crate) waited: u32,
}

/// A histogram whose buckets are not cumulative.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Latency {
    /// In the order of [`LATENCY_BUCKETS`].
    pub(crate) buckets: [u64; LATENCY_BUCKETS.len()],
    pub(crate) total: Total,
}

/// A number of observations and the sum of their seconds.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Total {
    pub(crate) count: u64,
    pub(crate) seconds: f64,
}

/// The result of the last probe.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct LastProbe {
    pub(crate) up: bool,
    /// The end of the probe, in seconds since 1970.
    pub(crate) at: f64,
    /// The fault of the last response. A probe without a response does not change it.
    pub(crate) malformed: Option<Malformed>,
}

/// The number of occurrences, and the time of the last one in seconds since 1970.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Occurrences {
    count: u64,
    last: f64,
}

impl Counters {
    /// Records a probe that ended at this time. In maintenance it counts as neither success nor failure.
    pub(crate) fn record(&mut self, report: &Report, at: SystemTime, in_maintenance: bool) {
        let at = at
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default()
            .as_secs_f64();
        match &report.result {
            Err(ProbeError::NotRun { .. }) => {
                self.missed += 1;
                return;
            }
            _ if in_maintenance => self.maintenance += 1,
            Ok(()) => self.success += 1,
            Err(ProbeError::Failed { reason, .. }) => {
                self.failure += 1;
                self.count_reason(*reason, at);
            }
        }
        if report.result.as_ref().is_err_and(ProbeError::is_timeout) {
            self.set_hanging();
        } else {
            self.hanging = None;
        }
        let mut malformed = self.last.and_then(|last| last.malformed);
        if report.got_response() {
            self.latency.observe(report.latency);
            malformed = report.malformed;
        }
        for (total, phase) in self.phases.iter_mut().zip(Phase::ALL) {
            if let Some(time) = report.phases.get(phase) {
                total.add(time);
            }
        }
        self.last = Some(LastProbe {
            up: report.result.is_ok(),
            at,
            malformed,
        });
        self.not_after = report.not_after.or(self.not_after);
    }

    /// Records that the probe in flight timed out or was cancelled.
    pub(crate) fn set_hanging(&mut self) {
        self.hanging = Some(match self.hanging {
            // A target that has just begun to hang is probed at its next slot.
            None => Hanging { waited: u32::MAX },
            Some(_) => Hanging { waited: 0 },
        });
    }

    /// Returns the phases that at least one probe completed.
    pub(crate) fn phases(&self) -> impl Iterator<Item = (Phase, Total)> {
        Phase::ALL
            .into_iter()
            .zip(self.phases)
            .filter(|(_, total)| total.count > 0)
    }

    /// Returns the reasons that have occurred: the most recent ones, at most `limit`.
    pub(crate) fn reasons(&self, limit: usize) -> impl Iterator<Item = (Reason, u64)> {
        let occurred = |reason: &Occurrences| reason.count > 0;
        let mut times: Vec<f64> = self
            .reasons
            .iter()
            .filter(|reason| occurred(reason))
            .map(|reason| reason.last)
            .collect();
        times.sort_by(|one, other| other.total_cmp(one));
        let oldest = times
            .get(limit.saturating_sub(1))
            .copied()
            .unwrap_or(f64::NEG_INFINITY);
        Reason::ALL
            .into_iter()
            .zip(self.reasons)
            .filter(move |(_, reason)| occurred(reason) && reason.last >= oldest)
            .map(|(reason, occurrences)| (reason, occurrences.count))
            .take(limit)
    }

    fn count_reason(&mut self, reason: Reason, at: f64) {
        let occurrences = self
            .reasons
            .iter_mut()
            .zip(Reason::ALL)
            .find(|(_, other)| *other == reason);
        if let Some((occurrences, _)) = occurrences {
            occurrences.count += 1;
            occurrences.last = at;
        }
    }
}

impl Latency {
    fn observe(&mut self, latency: Duration) {
        let seconds = latency.as_secs_f64();
        let bucket = self
            .buckets
            .iter_mut()
            .zip(LATENCY_BUCKETS)
            .find(|(_, bound)| seconds <= *bound);
        if let Some((count, _)) = bucket {
            *count += 1;
        }
        self.total.add(latency);
    }
}

impl Total {
    fn add(&mut self, time: Duration) {
        self.count += 1;
        self.seconds += time.as_secs_f64();
    }
}
