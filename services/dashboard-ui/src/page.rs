//! The pages: what is shown of what is known, and the templates that show it.
//!
//! Each is complete as it comes from here. Parts that change while a page is open ([`row::Row`], [`summary::Summary`],
//! [`crate::page::announcements::News`]) are templates of their own, rendered by the same code for the page and for its events.

pub(crate) mod announcements;
pub(crate) mod feed;
pub(crate) mod filter;
pub(crate) mod incident;
pub(crate) mod maintenance;
pub(crate) mod overview;
pub(crate) mod row;
pub(crate) mod summary;
pub(crate) mod target;
pub(crate) mod verdict;

use askama::Template;
use jiff::Timestamp;

use crate::assets;
use crate::gateway::status::State;
use crate::gateway::view::View;
use crate::text::time::Moment;
use verdict::{Overall, Sight, Verdict};

/// How often a browser without script asks for the page anew.
pub(crate) const RENEWAL_SECONDS: u64 = 5;

/// What is around every page.
#[derive(Debug)]
pub(crate) struct Shell {
    pub title: String,
    pub icon: &'static str,
    /// The icon of a page that hears nothing more.
    pub lost_icon: &'static str,
    pub stylesheet: &'static str,
    pub script: &'static str,
    pub made: Moment,
    /// Whether what looks good cannot be trusted.
    pub blind: bool,
    pub overall: &'static str,
    pub here: Here,
    /// Where the page hears of changes.
    pub events: String,
    /// Which row's changes concern it, where it is not all.
    pub row: String,
    /// The same page, standing still or not. Empty for one that changes seldom: without script it stands still anyway.
    pub pause: String,
    pub paused: bool,
}

/// Which page it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Here {
    Overview,
    Target,
    Incidents,
    Maintenance,
}

impl Here {
    fn name(self) -> &'static str {
        match self {
            Self::Overview => "overview",
            Self::Target => "target",
            Self::Incidents => "incidents",
            Self::Maintenance => "maintenance",
        }
    }
}

impl Shell {
    pub(crate) fn new(here: Here, title: String, verdict: &Verdict, made: Moment) -> Self {
        Self {
            title,
            icon: assets::icon(verdict.overall.class()).path(),
            lost_icon: assets::icon(Overall::Blind.class()).path(),
            stylesheet: assets::stylesheet().path(),
            script: assets::script().path(),
            made,
            blind: verdict.sight != Sight::Clear,
            overall: verdict.overall.name(),
            here,
            events: String::new(),
            row: String::new(),
            pause: String::new(),
            paused: false,
        }
    }

    fn renewal_seconds(&self) -> Option<u64> {
        (!self.paused && !self.pause.is_empty()).then_some(RENEWAL_SECONDS)
    }
}

/// What every page says, where the overview's top is not on it (`templates/facts.html`).
#[derive(Debug)]
pub(crate) struct Facts {
    state: &'static str,
    headline: String,
    newest: Option<Moment>,
}

impl Facts {
    pub(crate) fn new(view: &View, verdict: &Verdict, now: Timestamp) -> Self {
        let known = view.known.as_ref();
        let newest = known.and_then(|known| known.status.summary.newest_observation_at);
        Self {
            state: verdict.overall.word(),
            headline: verdict.headline.clone(),
            newest: newest.map(|newest| Moment::new(newest, now)),
        }
    }
}

/// `templates/mark.html`: a state as symbol, word and colour, and what it was.
#[derive(Debug, Template)]
#[template(path = "mark.html")]
pub(crate) struct Mark {
    state: &'static str,
    word: &'static str,
    was: Option<String>,
}

impl Mark {
    pub(crate) fn new((state, was): (State, Option<State>)) -> Self {
        Self {
            state: state.class(),
            word: state.word(),
            was: was.map(|was| was.word().to_lowercase()),
        }
    }
}

#[cfg(test)]
mod tests;
