//! The pages, each with its template.
//!
//! The server renders complete pages. Parts that change while a page is open ([`row::Row`], [`summary::Summary`],
//! [`announcements::Announcements`]) are separate templates, which the same code renders for pages and for events.

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
use gateway_api::status::State;
use jiff::Timestamp;

use crate::assets;
use crate::gateway::view::View;
use crate::text::time::Moment;
use crate::text::words;
use verdict::{Overall, Verdict, Visibility};

/// The interval at which a browser without JavaScript reloads the page.
pub(crate) const RENEWAL_SECONDS: u64 = 5;

/// The frame of every page.
#[derive(Debug)]
pub(crate) struct Shell {
    pub title: String,
    pub icon: &'static str,
    /// The icon for a page that has lost its connection.
    pub lost_icon: &'static str,
    pub stylesheet: &'static str,
    pub script: &'static str,
    pub made: Moment,
    /// Whether the lab is blind, so that no good state can be trusted.
    pub blind: bool,
    pub overall: &'static str,
    pub kind: PageKind,
    /// The address of its event stream.
    pub events: String,
    /// The id of the row whose events the page uses; empty if it uses all.
    pub row: String,
    /// The address that pauses or resumes reloading; empty for a page that never reloads itself.
    pub pause: String,
    pub paused: bool,
}

/// The kind of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PageKind {
    Overview,
    Target,
    Incidents,
    Maintenance,
}

impl PageKind {
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
    pub(crate) fn new(kind: PageKind, title: String, verdict: &Verdict, made: Moment) -> Self {
        Self {
            title,
            icon: assets::icon(verdict.overall.class()).path(),
            lost_icon: assets::icon(Overall::Blind.class()).path(),
            stylesheet: assets::stylesheet().path(),
            script: assets::script().path(),
            made,
            blind: verdict.visibility != Visibility::Full,
            overall: verdict.overall.name(),
            kind,
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

/// `templates/facts.html`: state and times, for pages other than the overview, whose summary contains them.
#[derive(Debug)]
pub(crate) struct Facts {
    state: &'static str,
    headline: String,
    newest: Option<Moment>,
}

impl Facts {
    pub(crate) fn new(view: &View, verdict: &Verdict, now: Timestamp) -> Self {
        let snapshot = view.snapshot.as_ref();
        let newest = snapshot.and_then(|it| it.status.summary.newest_observation_at);
        Self {
            state: verdict.overall.word(),
            headline: verdict.headline.clone(),
            newest: newest.map(|newest| Moment::new(newest, now)),
        }
    }
}

/// `templates/mark.html`: a state as symbol, word and colour, followed by the last known state if that differs.
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
            state: state.as_str(),
            word: words::state(state),
            was: was.map(|was| words::state(was).to_lowercase()),
        }
    }
}

#[cfg(test)]
mod tests;
