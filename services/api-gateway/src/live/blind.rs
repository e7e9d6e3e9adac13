//! Since when the lab is blind, so that nothing that looks good can be trusted, and why.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use gateway_api::status::{Blind, Part, Reason};
use jiff::{SignedDuration, Timestamp};

use crate::sources::prometheus::Proof;
use crate::sources::{Poll, Unavailable};

/// `Watchdog` comes once a minute. Past this, two have not come.
const WATCHDOG_AGE: SignedDuration = SignedDuration::from_secs(150);

/// Prometheus scrapes every 15 s. This leaves room for two missed scrapes, and for a remote store that answers 30 s late.
const STORED_AGE: SignedDuration = SignedDuration::from_secs(75);

/// Prometheus evaluates every 15 s as well. The oldest of the groups is a round older than the newest scrape: where nothing is
/// stored, that is to be the reason.
const RULES_AGE: SignedDuration = SignedDuration::from_secs(100);

/// The state of the parts now. A part that is not configured is not away.
#[derive(Debug, Clone, Copy)]
struct Parts<'a> {
    /// Why no agent answers.
    agents: Option<&'a str>,
    /// How many targets the agents have results of.
    probed: usize,
    /// The proof that Prometheus works, or why it does not answer; `None` where none is configured.
    prometheus: Option<Result<Proof, &'a str>>,
    /// When `Watchdog` last arrived at alert-logger, or why that does not answer; `None` where none is configured.
    alert_logger: Option<Result<Option<Timestamp>, &'a str>>,
}

/// Whether the lab sees its targets: remembers since when parts are away.
#[derive(Debug, Default)]
pub struct Visibility(Mutex<Memory>);

#[derive(Debug, Default)]
struct Memory {
    away: BTreeMap<Part, Timestamp>,
    watchdog: LastSign,
    stored: LastSign,
    rules: LastSign,
    /// When Prometheus last had results of every target that is probed.
    targets: LastSign,
}

/// The last sign of life of a part, by this clock.
///
/// A part reports the time by its own clock, which may be ahead, or may have been put back since. So a report counts from
/// when it was first seen, at the latest: one that lies in the future grows old like any other.
#[derive(Debug, Default)]
struct LastSign {
    reported: Option<Timestamp>,
    counts: Option<Timestamp>,
}

impl LastSign {
    /// Returns when the last sign came. Without any report, the first time that one was missed; a report that is gone (Prometheus
    /// finds no sample older than 5 minutes) still counts.
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
    /// Returns whether the lab is blind by the answers of a poll.
    pub fn judge_poll(&self, poll: &Poll) -> Option<Blind> {
        let away = |error: Option<&Unavailable>| error.and_then(Unavailable::away);
        let no_agent = poll.observation.blind();
        let no_prometheus = away(poll.proof.as_ref().err());
        let no_alert_logger = away(poll.watchdog.as_ref().err());
        let parts = Parts {
            agents: no_agent.as_deref(),
            probed: poll.observation.probed(),
            prometheus: match &poll.proof {
                Ok(proof) => Some(Ok(*proof)),
                Err(_) => no_prometheus.as_deref().map(Err),
            },
            alert_logger: match &poll.watchdog {
                Ok(arrival) => Some(Ok(arrival.last_received_at)),
                Err(_) => no_alert_logger.as_deref().map(Err),
            },
        };
        self.judge(parts, poll.at)
    }

    /// Returns whether the lab is blind at the time `now`, at which the parts are in this state.
    ///
    /// A sign of life that has never come is waited for like the next one: a lab that has just started is not blind for
    /// it.
    fn judge(&self, parts: Parts<'_>, now: Timestamp) -> Option<Blind> {
        let mut memory = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut reasons = Vec::new();
        for (part, away) in [
            (Part::PingAgent, parts.agents),
            (Part::Prometheus, parts.prometheus.and_then(Result::err)),
            (Part::AlertLogger, parts.alert_logger.and_then(Result::err)),
        ] {
            let Some(detail) = away else {
                memory.away.remove(&part);
                continue;
            };
            let since = memory.away.entry(part).or_insert(now);
            *since = now.min(*since);
            reasons.push(Reason {
                part,
                since: *since,
                detail: detail.to_owned(),
            });
        }
        if let Some(Ok(proof)) = parts.prometheus {
            reasons.extend(memory.unproven(proof, parts.probed, now));
        }
        if let Some(Ok(arrived)) = parts.alert_logger {
            reasons.extend(memory.overdue(arrived, now));
        }
        Blind::because(reasons)
    }
}

impl Memory {
    /// Returns the first broken link of the way through Prometheus: everything behind it is broken too.
    fn unproven(&mut self, proof: Proof, probed: usize, now: Timestamp) -> Option<Reason> {
        let complete = (proof.targets >= probed).then_some(now);
        let links = [
            (
                self.stored.update(proof.stored, now),
                STORED_AGE,
                "Prometheus stores nothing: its disk is full or broken, it scrapes nothing, or its clock is not this one's"
                    .to_owned(),
            ),
            (
                self.rules.update(proof.rules, now),
                RULES_AGE,
                "Prometheus does not evaluate its rules, or can't record what they say".to_owned(),
            ),
            (
                self.targets.update(complete, now),
                STORED_AGE,
                format!(
                    "Prometheus has results of {} of the {probed} targets that are probed: it does not scrape every ping-agent",
                    proof.targets
                ),
            ),
        ];
        let mut links = links.into_iter();
        let (since, _, detail) =
            links.find(|(since, limit, _)| now.duration_since(*since) > *limit)?;
        Some(Reason {
            part: Part::Prometheus,
            since,
            detail,
        })
    }

    /// Returns whether `Watchdog` is overdue.
    fn overdue(&mut self, arrived: Option<Timestamp>, now: Timestamp) -> Option<Reason> {
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
                "Watchdog, which always fires, {detail}: Prometheus, Alertmanager or the way between them is broken"
            ),
        })
    }
}

#[cfg(test)]
mod tests;
