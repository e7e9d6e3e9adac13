//! What the page says on top: never green when the lab is blind.

use jiff::Timestamp;

use crate::latest::View;
use crate::status::{Source, State, Status};
use crate::time::{Moment, span};

/// The overall state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Overall {
    /// Every target is up, and everything that would show otherwise is in place.
    Up,
    /// Every target is up as far as can be seen, and not everything can be seen.
    Impaired,
    Down,
    Unknown,
    /// Whatever the targets do, it cannot be seen.
    Blind,
}

impl Overall {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Up => "Up",
            Self::Impaired => "Up, partly blind",
            Self::Down => "Down",
            Self::Unknown => "Unknown",
            Self::Blind => "Blind",
        }
    }

    /// The name of its symbol and of its colours.
    pub(crate) fn class(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Impaired | Self::Blind => "caution",
            Self::Down => "down",
            Self::Unknown => "unknown",
        }
    }
}

/// The overall state in a sentence, and what cannot be seen.
#[derive(Debug, Clone)]
pub(crate) struct Verdict {
    pub overall: Overall,
    pub headline: String,
    pub notices: Vec<String>,
}

pub(crate) fn judge(view: &View, now: Timestamp) -> Verdict {
    match (&view.blind, &view.known) {
        (None, Some(known)) => judge_status(&known.status),
        (blind, known) => {
            let mut notices = Vec::new();
            if let Some(blind) = blind {
                let since = Moment::new(blind.since, now);
                notices.push(format!(
                    "Blind since {} ({}): api-gateway {}.",
                    since.clock, since.ago, blind.error
                ));
            }
            notices.push(match known {
                Some(known) => format!(
                    "Below is what was known at {}; nothing is known since.",
                    Moment::new(known.at, now).clock
                ),
                None => {
                    "Nothing is known yet: it has not answered since this page's service started."
                        .to_owned()
                }
            });
            Verdict {
                overall: Overall::Blind,
                headline: "The lab is blind: api-gateway does not answer".to_owned(),
                notices,
            }
        }
    }
}

fn judge_status(status: &Status) -> Verdict {
    let mut notices: Vec<String> = status
        .sources
        .iter()
        .filter(|source| !source.ok)
        .map(notice)
        .collect();
    let all = status.targets.len();
    let count = |state| {
        let targets = status.targets.iter();
        targets.filter(|target| target.state == state).count()
    };
    let (down, unknown) = (count(State::Down), count(State::Unknown));
    let stale = stale_seconds(status);
    if let Some(seconds) = stale {
        notices.push(format!(
            "The newest observation is {} old: ping-agent is not probing, or cannot be heard.",
            span(seconds)
        ));
    }

    let (overall, headline) = if down > 0 {
        (Overall::Down, of(down, all, "down"))
    } else if all == 0 {
        (Overall::Unknown, "No target is configured".to_owned())
    } else if stale.is_some() {
        let headline = "The lab is blind: no target is being probed";
        (Overall::Blind, headline.to_owned())
    } else if status.newest_observation_at.is_none() {
        let headline = "No target has been probed yet";
        (Overall::Unknown, headline.to_owned())
    } else if unknown > 0 {
        (Overall::Unknown, of(unknown, all, "unknown"))
    } else if status.state != State::Up {
        let headline = "The overall state is unknown";
        (Overall::Unknown, headline.to_owned())
    } else if notices.is_empty() {
        (Overall::Up, of(all, all, "up"))
    } else {
        let headline = format!("{}, but the lab is partly blind", of(all, all, "up"));
        (Overall::Impaired, headline)
    };
    Verdict {
        overall,
        headline,
        notices,
    }
}

/// "All 3 targets are up", "1 of 3 targets is down".
fn of(some: usize, all: usize, state: &str) -> String {
    match (some, all) {
        (1, 1) => format!("The target is {state}"),
        (some, all) if some == all => format!("All {all} targets are {state}"),
        (1, all) => format!("1 of {all} targets is {state}"),
        (some, all) => format!("{some} of {all} targets are {state}"),
    }
}

fn notice(source: &Source) -> String {
    let Source { name, detail, .. } = source;
    let detail = detail.as_ref().map_or_else(String::new, |detail| {
        format!(": {}", detail.trim_end_matches('.'))
    });
    let consequence = if name.starts_with("ping-agent") {
        " What it probes is unknown until it is."
    } else if name.starts_with("prometheus") {
        " Figures that come from it are missing here, and while it is down no alert can fire."
    } else if name.starts_with("alert-logger") {
        " Alerts may fire without being recorded."
    } else {
        ""
    };
    format!("{name} is not available{detail}.{consequence}")
}

/// How old the newest observation is, where that is too old: three times the shortest interval, a minute at least.
/// Measured against the gateway's clock, which is not this one.
fn stale_seconds(status: &Status) -> Option<i64> {
    let newest = status.newest_observation_at?;
    let age = status.generated_at.duration_since(newest);
    let shortest = status
        .targets
        .iter()
        .filter_map(|target| target.interval_seconds)
        .fold(f64::INFINITY, f64::min);
    let limit = if shortest.is_finite() {
        (3.0 * shortest).max(60.0)
    } else {
        60.0
    };
    (age.as_secs_f64() > limit).then_some(age.as_secs())
}

#[cfg(test)]
mod tests;
