//! The counters of one target.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use service_kit::LATENCY_BUCKETS;

use crate::probe::{Malformed, Phase, ProbeError, Reason, Report};

/// The numbers of one target. Plain values: whoever shares them puts a lock around them, and so a scrape sees a probe
/// whole or not at all.
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
    /// The last result, with its time in seconds since 1970.
    pub(crate) last: Option<LastProbe>,
    /// Set while the last probe timed out or gave way before it did.
    pub(crate) hanging: Option<Hanging>,
    /// When the certificate seen last expires, in seconds since 1970.
    pub(crate) not_after: Option<i64>,
}

/// A target whose last probe did not end in time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Hanging {
    /// The probes that it was due since then and did not get.
    pub(crate) waited: u32,
}

/// A histogram; a bucket counts what is in no lower one.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Latency {
    /// In the order of [`LATENCY_BUCKETS`].
    pub(crate) buckets: [u64; LATENCY_BUCKETS.len()],
    pub(crate) total: Total,
}

/// How many, and how many seconds together.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Total {
    pub(crate) count: u64,
    pub(crate) seconds: f64,
}

/// The result of a probe.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct LastProbe {
    pub(crate) up: bool,
    pub(crate) at: f64,
    /// The fault of the last response; a probe without a response leaves it as it was.
    pub(crate) malformed: Option<Malformed>,
}

/// How often something happened, and when it last did.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Occurrences {
    count: u64,
    last: f64,
}

impl Counters {
    /// Counts a probe that ended at this time. In maintenance it is neither a success nor a failure.
    pub(crate) fn record(&mut self, report: &Report, at: SystemTime, in_maintenance: bool) {
        let at = at
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default()
            .as_secs_f64();
        match &report.result {
            Err(ProbeError::NotMade { .. }) => {
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

    /// The probe in flight timed out, or gives way before it does.
    pub(crate) fn set_hanging(&mut self) {
        self.hanging = Some(match self.hanging {
            // One that has just begun to hang waits for nobody.
            None => Hanging { waited: u32::MAX },
            Some(_) => Hanging { waited: 0 },
        });
    }

    /// The phases that were ever gone through.
    pub(crate) fn phases(&self) -> impl Iterator<Item = (Phase, Total)> {
        Phase::ALL
            .into_iter()
            .zip(self.phases)
            .filter(|(_, total)| total.count > 0)
    }

    /// The reasons that ever occurred, at most `limit` of them: the ones seen last.
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
