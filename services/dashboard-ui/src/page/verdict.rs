//! Computes the overall state that a page shows. It is never green while the lab is blind.

mod notices;

use gateway_api::status::{Counted, State, Status, TargetStatus};
use jiff::Timestamp;

use crate::gateway::view::View;
use crate::text::time::Moment;
use notices::notices;

pub(crate) use notices::part_name;

/// The overall state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Overall {
    /// Every target is up or in maintenance, and every part answers.
    Up,
    /// Every target is up, but some part does not answer.
    Impaired,
    Down,
    /// Every target is in maintenance.
    Maintenance,
    Unknown,
    /// No good state can be trusted.
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

    /// Returns its `data-state`.
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

    /// Returns the name of its symbol and colours.
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

/// How far the states of targets can be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Visibility {
    Full,
    /// The lab is blind: a target that is reported as up may be down.
    Doubtful,
    /// The gateway does not answer: only the last known states are available.
    Lost,
}

impl Visibility {
    /// Returns the state to show for a target, and the last known state if it differs.
    ///
    /// A blind gateway already reports doubtful states as unknown. This covers a target that is older than the summary.
    pub(crate) fn shown_state(self, target: &TargetStatus) -> (State, Option<State>) {
        match (self, target.state) {
            (Self::Full, _)
            | (_, State::Unknown)
            | (Self::Doubtful, State::Down | State::Maintenance) => (target.state, target.was),
            _ => (State::Unknown, Some(target.state)),
        }
    }
}

/// The overall state, as a headline and with notices about unavailable parts.
#[derive(Debug, Clone)]
pub(crate) struct Verdict {
    pub overall: Overall,
    pub visibility: Visibility,
    pub headline: String,
    pub notices: Vec<String>,
}

impl Verdict {
    /// Returns the page's title.
    pub(crate) fn title(&self) -> String {
        format!("{}: {}", self.overall.word(), self.headline)
    }
}

/// Computes the overall state.
pub(crate) fn judge(view: &View, now: Timestamp) -> Verdict {
    match (&view.outage, &view.snapshot) {
        (None, Some(snapshot)) => judge_status(&snapshot.status, now),
        (outage, snapshot) => {
            let mut notices = Vec::new();
            if let Some(outage) = outage {
                let since = Moment::new(outage.since, now);
                notices.push(format!(
                    "Blind since {} ({}): api-gateway {}.",
                    since.clock, since.ago, outage.error
                ));
            }
            notices.push(match snapshot {
                Some(snapshot) => format!(
                    "The page shows the last known state, of {}.",
                    Moment::new(snapshot.received_at, now).clock
                ),
                None => "No data yet: api-gateway has not answered since dashboard-ui started."
                    .to_owned(),
            });
            Verdict {
                overall: Overall::Blind,
                visibility: Visibility::Lost,
                headline: "The lab is blind: api-gateway does not answer".to_owned(),
                notices,
            }
        }
    }
}

fn judge_status(status: &Status, now: Timestamp) -> Verdict {
    let summary = &status.summary;
    let all = status.targets.len();
    let Counted {
        down,
        unknown,
        maintenance,
        ..
    } = status.targets.iter().map(|target| target.state).collect();
    let blind = summary.blind.is_some();
    let notices = notices(status, now);

    let (overall, headline) = if down > 0 {
        let headline = count_sentence(down, all, "down");
        let blind = if blind { ", and the lab is blind" } else { "" };
        (Overall::Down, format!("{headline}{blind}"))
    } else if blind {
        let headline = "The lab is blind: the states of the targets cannot be trusted";
        (Overall::Blind, headline.to_owned())
    } else if all == 0 {
        (Overall::Unknown, "No target is configured".to_owned())
    } else if summary.newest_observation_at.is_none() {
        let headline = "No target has been probed yet";
        (Overall::Unknown, headline.to_owned())
    } else if unknown > 0 {
        (Overall::Unknown, count_sentence(unknown, all, "unknown"))
    } else if maintenance == all {
        (
            Overall::Maintenance,
            count_sentence(all, all, "in maintenance"),
        )
    } else if summary.state != State::Up {
        let headline = "The overall state is unknown";
        (Overall::Unknown, headline.to_owned())
    } else {
        let headline = match maintenance {
            0 => count_sentence(all, all, "up"),
            some => format!(
                "{}, {some} in maintenance",
                count_sentence(all - some, all, "up")
            ),
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
        visibility: if blind {
            Visibility::Doubtful
        } else {
            Visibility::Full
        },
        headline,
        notices,
    }
}

/// Returns a sentence such as "All 3 targets are up" or "1 of 3 targets is down".
fn count_sentence(some: usize, all: usize, state: &str) -> String {
    match (some, all) {
        (1, 1) => format!("The target is {state}"),
        (some, all) if some == all => format!("All {all} targets are {state}"),
        (1, all) => format!("1 of {all} targets is {state}"),
        (some, all) => format!("{some} of {all} targets are {state}"),
    }
}

#[cfg(test)]
mod tests;
