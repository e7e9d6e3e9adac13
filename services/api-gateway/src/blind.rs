//! Since when nobody can trust what the gateway says, and why.

use std::collections::BTreeMap;
use std::fmt::{self, Display, Formatter};
use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;

/// `Watchdog` comes once a minute. Past this, two have not come.
const WATCHDOG_AGE: SignedDuration = SignedDuration::from_secs(150);

/// A part without which the lab is blind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    /// All of the agents: nobody probes.
    PingAgent,
    /// It keeps the history, and no alert can fire without it.
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
    /// When it was first found to be away; for `watchdog`, when it last arrived.
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

/// What is known of the parts now. One that is not configured is not away.
#[derive(Debug, Clone, Copy)]
pub struct Parts<'a> {
    /// Why no agent answers.
    pub agents: Option<&'a str>,
    /// Why Prometheus does not answer.
    pub prometheus: Option<&'a str>,
    /// When `Watchdog` last arrived at alert-logger, or why that does not answer; `None` where none is configured.
    pub alert_logger: Option<Result<Option<Timestamp>, &'a str>>,
}

/// Remembers since when parts are away.
#[derive(Debug, Default)]
pub struct Sight(Mutex<Memory>);

#[derive(Debug, Default)]
struct Memory {
    away: BTreeMap<Part, Timestamp>,
    /// When alert-logger first said that no `Watchdog` has arrived yet.
    awaited: Option<Timestamp>,
}

impl Sight {
    /// Whether the lab is blind at the time `now`, at which the parts are like this.
    ///
    /// A `Watchdog` that has never arrived is waited for like the next one: a lab that has just started is not blind for
    /// it.
    pub fn judge(&self, parts: Parts<'_>, now: Timestamp) -> Option<Blind> {
        let mut memory = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut reasons = Vec::new();
        for (part, away) in [
            (Part::PingAgent, parts.agents),
            (Part::Prometheus, parts.prometheus),
            (Part::AlertLogger, parts.alert_logger.and_then(Result::err)),
        ] {
            let Some(detail) = away else {
                memory.away.remove(&part);
                continue;
            };
            reasons.push(Reason {
                part,
                since: *memory.away.entry(part).or_insert(now),
                detail: detail.to_owned(),
            });
        }
        if let Some(Ok(arrived)) = parts.alert_logger {
            reasons.extend(memory.overdue(arrived, now));
        }
        let since = reasons.iter().map(|reason| reason.since).min()?;
        Some(Blind { since, reasons })
    }
}

impl Memory {
    /// Whether `Watchdog` is overdue.
    fn overdue(&mut self, arrived: Option<Timestamp>, now: Timestamp) -> Option<Reason> {
        let (since, detail) = match arrived {
            Some(arrived) => {
                self.awaited = None;
                (arrived, "has not arrived at alert-logger since")
            }
            None => (
                *self.awaited.get_or_insert(now),
                "has never arrived at alert-logger",
            ),
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
mod tests {
    use super::*;

    const FINE: Parts<'_> = Parts {
        agents: None,
        prometheus: None,
        alert_logger: None,
    };

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn reasons(blind: Option<Blind>) -> Vec<(Part, i64)> {
        let reasons = blind.into_iter().flat_map(|blind| {
            assert_eq!(
                Some(blind.since),
                blind.reasons.iter().map(|reason| reason.since).min()
            );
            blind.reasons
        });
        reasons
            .map(|reason| (reason.part, reason.since.as_second()))
            .collect()
    }

    #[test]
    fn each_part_is_away_since_it_was_first_found_to_be() {
        let sight = Sight::default();
        let judge = |parts, second| reasons(sight.judge(parts, at(second)));
        let no_agent = Parts {
            agents: Some("refused"),
            ..FINE
        };
        let neither = Parts {
            prometheus: Some("refused"),
            ..no_agent
        };
        assert_eq!(judge(FINE, 10), []);
        assert_eq!(judge(no_agent, 20), [(Part::PingAgent, 20)]);
        let both = [(Part::PingAgent, 20), (Part::Prometheus, 30)];
        assert_eq!(judge(neither, 30), both);
        assert_eq!(judge(neither, 40), both);
        assert_eq!(judge(FINE, 50), []);
        assert_eq!(judge(no_agent, 60), [(Part::PingAgent, 60)]);
        let no_alerts = Parts {
            alert_logger: Some(Err("refused")),
            ..FINE
        };
        assert_eq!(judge(no_alerts, 70), [(Part::AlertLogger, 70)]);
    }

    #[test]
    fn a_watchdog_is_overdue_after_two_that_did_not_come() {
        let sight = Sight::default();
        let judge = |arrived: Option<i64>, second| {
            let alert_logger = Some(Ok(arrived.map(at)));
            reasons(sight.judge(
                Parts {
                    alert_logger,
                    ..FINE
                },
                at(second),
            ))
        };
        assert_eq!(judge(Some(1000), 1150), []);
        assert_eq!(judge(Some(1000), 1151), [(Part::Watchdog, 1000)]);
        assert_eq!(judge(Some(1160), 1100), [], "a clock that is ahead");
        // One that never came is waited for from when that was first heard.
        assert_eq!(judge(None, 2000), []);
        assert_eq!(judge(None, 2150), []);
        assert_eq!(judge(None, 2151), [(Part::Watchdog, 2000)]);
        assert_eq!(judge(Some(2160), 2160), []);
        assert_eq!(judge(None, 3000), []);
    }
}
