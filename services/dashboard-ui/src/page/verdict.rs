//! What the page says on top: never green when the lab is blind.

mod notices;

use jiff::Timestamp;

use crate::gateway::status::{State, Status, Target};
use crate::gateway::view::View;
use crate::text::time::Moment;
use notices::notices;

/// The overall state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Overall {
    /// Every target is up or in maintenance, and everything that would show otherwise is in place.
    Up,
    /// Every target is up as far as can be seen, and not everything can be seen.
    Impaired,
    Down,
    /// Every target is in maintenance.
    Maintenance,
    Unknown,
    /// Whatever the targets do, nobody can trust what looks good.
    Blind,
}

impl Overall {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Up => "Up",
            Self::Impaired => "Up, partly blind",
            Self::Down => "Down",
            Self::Maintenance => "Maintenance",
            Self::Unknown => "Unknown",
            Self::Blind => "Blind",
        }
    }

    /// Its `data-state`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Impaired => "impaired",
            Self::Down => "down",
            Self::Maintenance => "maintenance",
            Self::Unknown => "unknown",
            Self::Blind => "blind",
        }
    }

    /// The name of its symbol and of its colours.
    pub(crate) fn class(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Impaired | Self::Blind => "caution",
            Self::Down => "down",
            Self::Maintenance => "maintenance",
            Self::Unknown => "unknown",
        }
    }
}

/// How far what is known of a target can be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Sight {
    Clear,
    /// The lab is blind: what looks good may not be.
    Doubtful,
    /// Nothing is known any more, only what was.
    Gone,
}

impl Sight {
    /// The state to show of a target, and what it was, where that is something else.
    ///
    /// The gateway says itself what is in doubt. A target's row may be a moment older than the summary that says so.
    pub(crate) fn of(self, target: &Target) -> (State, Option<State>) {
        match (self, target.state) {
            (Self::Clear, _)
            | (_, State::Unknown)
            | (Self::Doubtful, State::Down | State::Maintenance) => (target.state, target.was),
            _ => (State::Unknown, Some(target.state)),
        }
    }
}

/// The overall state in a sentence, and what cannot be seen.
#[derive(Debug, Clone)]
pub(crate) struct Verdict {
    pub overall: Overall,
    pub sight: Sight,
    pub headline: String,
    pub notices: Vec<String>,
}

impl Verdict {
    /// What a browser shows in its tab.
    pub(crate) fn title(&self) -> String {
        format!("{}: {}", self.overall.word(), self.headline)
    }
}

pub(crate) fn judge(view: &View, now: Timestamp) -> Verdict {
    match (&view.away, &view.known) {
        (None, Some(known)) => judge_status(&known.status, now),
        (away, known) => {
            let mut notices = Vec::new();
            if let Some(away) = away {
                let since = Moment::new(away.since, now);
                notices.push(format!(
                    "Blind since {} ({}): api-gateway {}.",
                    since.clock, since.ago, away.error
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
                sight: Sight::Gone,
                headline: "The lab is blind: api-gateway does not answer".to_owned(),
                notices,
            }
        }
    }
}

fn judge_status(status: &Status, now: Timestamp) -> Verdict {
    let summary = &status.summary;
    let all = status.targets.len();
    let count = |state| {
        let targets = status.targets.iter();
        targets.filter(|target| target.state == state).count()
    };
    let (down, unknown, maintenance) = (
        count(State::Down),
        count(State::Unknown),
        count(State::Maintenance),
    );
    let blind = summary.blind.is_some();
    let notices = notices(status, now);

    let (overall, headline) = if down > 0 {
        let headline = of(down, all, "down");
        let blind = if blind { ", and the lab is blind" } else { "" };
        (Overall::Down, format!("{headline}{blind}"))
    } else if blind {
        let headline = "The lab is blind: nobody can tell whether all is well";
        (Overall::Blind, headline.to_owned())
    } else if all == 0 {
        (Overall::Unknown, "No target is configured".to_owned())
    } else if summary.newest_observation_at.is_none() {
        let headline = "No target has been probed yet";
        (Overall::Unknown, headline.to_owned())
    } else if unknown > 0 {
        (Overall::Unknown, of(unknown, all, "unknown"))
    } else if maintenance == all {
        (Overall::Maintenance, of(all, all, "in maintenance"))
    } else if summary.state != State::Up {
        let headline = "The overall state is unknown";
        (Overall::Unknown, headline.to_owned())
    } else {
        let headline = match maintenance {
            0 => of(all, all, "up"),
            some => format!("{}, {some} in maintenance", of(all - some, all, "up")),
        };
        if notices.is_empty() {
            (Overall::Up, headline)
        } else {
            let headline = format!("{headline}, but the lab is partly blind");
            (Overall::Impaired, headline)
        }
    };
    Verdict {
        overall,
        sight: if blind { Sight::Doubtful } else { Sight::Clear },
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

#[cfg(test)]
mod tests;
