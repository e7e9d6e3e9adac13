//! The overall state in a sentence: never good while the lab is blind.

use gateway_api::status::{Counted, State};
use jiff::Timestamp;

use super::view::{Shown, View};
use crate::terminal::words::{of, plain, span_since};

/// The overall state, which determines the colour of the headline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Overall {
    /// Every target is up or in maintenance, and every part answers.
    Up,
    /// A target is down.
    Down,
    /// Every target is in maintenance.
    Maintenance,
    /// The state is unknown, or a part of the lab does not answer.
    Unknown,
}

/// The overall state and its explanation.
#[derive(Debug)]
pub struct Verdict {
    /// The overall state.
    pub overall: Overall,
    /// The state in a sentence.
    pub headline: String,
    /// A sentence for each part that does not work.
    pub notices: Vec<String>,
}

/// Judges the state of the lab.
pub fn judge(view: &View, shown: &[Shown<'_>], now: Timestamp) -> Verdict {
    if let Some(outage) = view.outage(now) {
        let since = span_since(outage.since, now);
        return Verdict {
            overall: Overall::Unknown,
            headline: "The lab is blind: api-gateway does not answer".to_owned(),
            notices: vec![format!(
                "Blind for {since}: {}. Is the lab running? ./lab status",
                plain(&outage.reason)
            )],
        };
    }
    let Some(status) = &view.status else {
        return Verdict {
            overall: Overall::Unknown,
            headline: "Connecting to api-gateway …".to_owned(),
            notices: vec![],
        };
    };
    let notices = notices(view, now);
    let is_blind = status.summary.blind.is_some();
    let all = shown.len();
    let counts: Counted = shown.iter().map(|it| it.state).collect();
    let (overall, headline) = if counts.down > 0 {
        let blind = if is_blind {
            ", and the lab is blind"
        } else {
            ""
        };
        (
            Overall::Down,
            format!("{}{blind}", of(counts.down, all, "down")),
        )
    } else if is_blind {
        let headline = "The lab is blind: nobody can tell whether all is well";
        (Overall::Unknown, headline.to_owned())
    } else if all == 0 {
        (Overall::Unknown, "No target is configured".to_owned())
    } else if status.summary.newest_observation_at.is_none() {
        let headline = "No target has been probed yet";
        (Overall::Unknown, headline.to_owned())
    } else if counts.unknown > 0 {
        (Overall::Unknown, of(counts.unknown, all, "unknown"))
    } else if counts.maintenance == all {
        (Overall::Maintenance, of(all, all, "in maintenance"))
    } else if status.summary.state != State::Up {
        (Overall::Unknown, "The overall state is unknown".to_owned())
    } else {
        let mut headline = of(counts.up, all, "up");
        if counts.maintenance > 0 {
            headline.push_str(&format!(", {} in maintenance", counts.maintenance));
        }
        if notices.is_empty() {
            (Overall::Up, headline)
        } else {
            let headline = format!("{headline}, but the lab is partly blind");
            (Overall::Unknown, headline)
        }
    };
    Verdict {
        overall,
        headline,
        notices,
    }
}

/// Returns a sentence for each part that does not answer or does not work.
fn notices(view: &View, now: Timestamp) -> Vec<String> {
    let Some(status) = &view.status else {
        return vec![];
    };
    let summary = &status.summary;
    let reasons = summary.blind.iter().flat_map(|blind| &blind.reasons);
    let mut notices: Vec<String> = reasons
        .clone()
        .map(|reason| {
            let since = span_since(reason.started_at, now);
            format!(
                "Blind for {since}: {}: {}",
                reason.part.as_str(),
                plain(&reason.detail)
            )
        })
        .collect();
    let is_named = |name: &str| reasons.clone().any(|it| it.part.as_str() == name);
    for source in &summary.sources {
        if !source.ok && !is_named(&source.name) {
            let detail = source.detail.as_deref().map(plain).unwrap_or_default();
            notices.push(format!(
                "{} is not available: {detail}",
                plain(&source.name)
            ));
        }
    }
    notices
}
