//! Detects since when and why the lab is blind: while a part does not work, failures go unnoticed, and good states can't
//! be trusted.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use gateway_api::status::{Blind, Part, Reason};
use jiff::{SignedDuration, Timestamp};

use crate::sources::prometheus::Proof;
use crate::sources::{Poll, Unavailable};

/// The longest age of the last `Watchdog`. It arrives once a minute, so above this age two are missing.
const WATCHDOG_AGE: SignedDuration = SignedDuration::from_secs(150);

/// The longest age of the newest stored sample. Prometheus scrapes every 15 s. This allows two missed scrapes, and a
/// remote store that answers 30 s late.
const STORED_AGE: SignedDuration = SignedDuration::from_secs(75);

/// The longest age of the oldest evaluation of a rule group. Prometheus evaluates every 15 s, so that evaluation may be a
/// round older than the newest scrape. If Prometheus stores nothing, `STORED_AGE` is exceeded first and gives the reason.
const RULES_AGE: SignedDuration = SignedDuration::from_secs(100);

/// The results of one poll of the parts. A part that is not configured is not unavailable.
#[derive(Debug, Clone, Copy)]
struct Parts<'a> {
    /// Why no agent answers.
    agents: Option<&'a str>,
    /// The number of targets for which the agents have results.
    probed: usize,
    /// The proof that Prometheus works, or its error; `None` if it is not configured.
    prometheus: Option<Result<Proof, &'a str>>,
    /// The last arrival of `Watchdog` at alert-logger, or alert-logger's error; `None` if it is not configured.
    alert_logger: Option<Result<Option<Timestamp>, &'a str>>,
}

/// The visibility of targets: remembers since when each part is unavailable, and its last signs of life.
#[derive(Debug, Default)]
pub struct Visibility(Mutex<Memory>);

#[derive(Debug, Default)]
struct Memory {
    unavailable: BTreeMap<Part, Timestamp>,
    watchdog: LastSign,
    stored: LastSign,
    rules: LastSign,
    /// When Prometheus last had results of every probed target.
    targets: LastSign,
}

/// The last sign of life of a part, by the gateway's clock.
///
/// A part reports times by its own clock, which may be ahead of the gateway's. A time in the future counts as the time at
/// which it was first reported, so that it becomes stale like any other.
#[derive(Debug, Default)]
struct LastSign {
    reported: Option<Timestamp>,
    counts: Option<Timestamp>,
}

impl LastSign {
    /// Records a reported time, and returns the time of the last sign of life. Without any report so far, that is the
    /// first call. A missing report keeps the last one, because Prometheus does not return samples older than 5 minutes.
    fn update(&mut self, reported: Option<Timestamp>, now: Timestamp) -> Timestamp {
        let counts = match reported {
            Some(time) if self.reported != reported => {
                self.reported = reported;
                time
            }
            _ => self.counts.unwrap_or(now),
        };
        *self.counts.insert(counts.min(now))
    }
}

impl Visibility {
    /// Returns the blindness according to a poll; `None` if the lab is not blind.
    pub fn judge_poll(&self, poll: &Poll) -> Option<Blind> {
        let failure = |error: Option<&Unavailable>| error.and_then(Unavailable::failure);
        let agents = poll.observation.no_answer_reason();
        let prometheus = failure(poll.proof.as_ref().err());
        let alert_logger = failure(poll.watchdog.as_ref().err());
        let parts = Parts {
            agents: agents.as_deref(),
            probed: poll.observation.probed(),
            prometheus: match &poll.proof {
                Ok(proof) => Some(Ok(*proof)),
                Err(_) => prometheus.as_deref().map(Err),
            },
            alert_logger: match &poll.watchdog {
                Ok(arrival) => Some(Ok(arrival.last_received_at)),
                Err(_) => alert_logger.as_deref().map(Err),
            },
        };
        self.judge(parts, poll.at)
    }

    /// Returns the blindness at the time `now`; `None` if the lab is not blind.
    ///
    /// A first sign of life may take as long as any later one, so that a lab that has just started is not blind.
    fn judge(&self, parts: Parts<'_>, now: Timestamp) -> Option<Blind> {
        let mut memory = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut reasons = Vec::new();
        for (part, error) in [
            (Part::PingAgent, parts.agents),
            (Part::Prometheus, parts.prometheus.and_then(Result::err)),
            (Part::AlertLogger, parts.alert_logger.and_then(Result::err)),
        ] {
            let Some(detail) = error else {
                memory.unavailable.remove(&part);
                continue;
            };
            let since = memory.unavailable.entry(part).or_insert(now);
            *since = now.min(*since);
            reasons.push(Reason {
                part,
                since: *since,
                detail: detail.to_owned(),
            });
        }
        if let Some(Ok(proof)) = parts.prometheus {
            reasons.extend(memory.prometheus_reason(proof, parts.probed, now));
        }
        if let Some(Ok(arrived)) = parts.alert_logger {
            reasons.extend(memory.watchdog_reason(arrived, now));
        }
        Blind::because(reasons)
    }
}

impl Memory {
    /// Returns the first broken step of Prometheus: storage, rule evaluation, results of all targets. It breaks the later
    /// steps too.
    fn prometheus_reason(&mut self, proof: Proof, probed: usize, now: Timestamp) -> Option<Reason> {
        let complete = (proof.targets >= probed).then_some(now);
        let steps = [
            (
                self.stored.update(proof.stored, now),
                STORED_AGE,
                "Prometheus stores nothing: its disk is full or broken, it scrapes nothing, or its clock differs"
                    .to_owned(),
            ),
            (
                self.rules.update(proof.rules, now),
                RULES_AGE,
                "Prometheus does not evaluate its rules, or can't record the results".to_owned(),
            ),
            (
                self.targets.update(complete, now),
                STORED_AGE,
                format!(
                    "Prometheus has results of {} of the {probed} probed targets: it does not scrape every ping-agent",
                    proof.targets
                ),
            ),
        ];
        let mut steps = steps.into_iter();
        let (since, _, detail) =
            steps.find(|(since, limit, _)| now.duration_since(*since) > *limit)?;
        Some(Reason {
            part: Part::Prometheus,
            since,
            detail,
        })
    }

    /// Returns a reason if `Watchdog` is overdue.
    fn watchdog_reason(&mut self, arrived: Option<Timestamp>, now: Timestamp) -> Option<Reason> {
        let since = self.watchdog.update(arrived, now);
        let detail = if self.watchdog.reported.is_some() {
            "has not arrived at alert-logger since"
        } else {
            "has never arrived at alert-logger"
        };
        (now.duration_since(since) > WATCHDOG_AGE).then(|| Reason {
            part: Part::Watchdog,
            since,
            detail: format!(
                "Watchdog, which always fires, {detail}: Prometheus, Alertmanager or the delivery of alerts is broken"
            ),
        })
    }
}

#[cfg(test)]
mod tests;
