//! Since when nobody can trust what the gateway says, and why.

use std::collections::BTreeMap;
use std::fmt::{self, Display, Formatter};
use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;

use crate::prometheus::Proof;

/// `Watchdog` comes once a minute. Past this, two have not come.
const WATCHDOG_AGE: SignedDuration = SignedDuration::from_secs(150);

/// Prometheus scrapes every 15 s. This leaves room for two missed scrapes, and for a remote store that answers 30 s late.
const STORED_AGE: SignedDuration = SignedDuration::from_secs(75);

/// Prometheus evaluates every 15 s as well. The oldest of the groups is a round older than the newest scrape: where nothing is
/// stored, that is to be the reason.
const RULES_AGE: SignedDuration = SignedDuration::from_secs(100);

/// A part without which the lab is blind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    /// All of the agents: nobody probes, or nobody can tell.
    PingAgent,
    /// It keeps the history, and no alert can fire without it: it is away, or does not do its work.
    Prometheus,
    /// Alerts do not arrive.
    AlertLogger,
    /// The alert that always fires does not arrive: nor would any other.
    Watchdog,
}

/// Nobody can trust what is said here, however green it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Blind {
    /// Since when: the earliest of the reasons.
    #[schema(value_type = String, format = DateTime)]
    pub since: Timestamp,
    /// Why, at least one.
    pub reasons: Vec<Reason>,
}

/// A part that is away.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Reason {
    /// Which.
    pub part: Part,
    /// When it was first found to be away, or its last sign of life: for `watchdog` when it last arrived.
    #[schema(value_type = String, format = DateTime)]
    pub since: Timestamp,
    /// In words.
    pub detail: String,
}

/// `since 2026-11-24T20:15:45Z: no ping-agent answers (…); alert-logger is away: connection refused`
impl Display for Blind {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "since {:.0}", self.since)?;
        let mut separator = ": ";
        for reason in &self.reasons {
            write!(f, "{separator}{}", reason.detail)?;
            separator = "; ";
        }
        Ok(())
    }
}

/// What is known of the parts now. A part that is not configured is not away.
#[derive(Debug, Clone, Copy)]
pub struct Parts<'a> {
    /// Why no agent answers.
    pub agents: Option<&'a str>,
    /// How many targets the agents have results of.
    pub probed: usize,
    /// What Prometheus proves, or why it does not answer; `None` where none is configured.
    pub prometheus: Option<Result<Proof, &'a str>>,
    /// When `Watchdog` last arrived at alert-logger, or why that does not answer; `None` where none is configured.
    pub alert_logger: Option<Result<Option<Timestamp>, &'a str>>,
}

/// Remembers since when parts are away.
#[derive(Debug, Default)]
pub struct Sight(Mutex<Memory>);

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
    /// When the last sign came. Without any report, the first time that one was missed; a report that is gone (Prometheus
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

impl Sight {
    /// Whether the lab is blind at the time `now`, at which the parts are like this.
    ///
    /// A sign of life that has never come is waited for like the next one: a lab that has just started is not blind for
    /// it.
    pub fn judge(&self, parts: Parts<'_>, now: Timestamp) -> Option<Blind> {
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

impl Blind {
    /// Blindness for these reasons, if there are any.
    #[must_use]
    pub fn because(reasons: Vec<Reason>) -> Option<Self> {
        let since = reasons.iter().map(|reason| reason.since).min()?;
        Some(Self { since, reasons })
    }
}

impl Memory {
    /// The first link of the way through Prometheus that is broken: what comes behind it is broken too.
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

    /// Whether `Watchdog` is overdue.
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
