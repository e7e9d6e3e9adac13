//! The status page: what is shown of a view, and the template that shows it.

use askama::Template;
use jiff::Timestamp;

use crate::assets;
use crate::latest::View;
use crate::status::{State, Status, Target};
use crate::time::{Moment, latency};
use crate::verdict::{Overall, Verdict, judge};

/// `templates/page.html`, filled.
#[derive(Debug, Template)]
#[template(path = "page.html")]
pub(crate) struct Page {
    verdict: Verdict,
    made: Moment,
    /// When any target was last probed.
    newest: Option<Moment>,
    counts: Counts,
    rows: Vec<Row>,
    sources: Vec<SourceLine>,
    /// How often the browser asks anew, unless paused.
    renewal_seconds: Option<u64>,
    stylesheet: &'static str,
    icon: &'static str,
}

/// How many targets are in which state, as the rows show it.
#[derive(Debug, Default)]
struct Counts {
    up: usize,
    down: usize,
    unknown: usize,
}

/// A target.
#[derive(Debug)]
struct Row {
    name: String,
    url: String,
    state: State,
    /// What it was when something was last known, where nothing is known now.
    was: Option<String>,
    availability: Option<String>,
    /// How many probes failed: `1 of 2001 failed`.
    probes: Option<String>,
    latency: Option<String>,
    last_probe: Option<Moment>,
}

/// A part that the page's figures come from.
#[derive(Debug)]
struct SourceLine {
    name: String,
    answers: bool,
}

impl Page {
    /// The page of a view at the time `now`.
    pub(crate) fn new(view: &View, now: Timestamp, renewal_seconds: Option<u64>) -> Self {
        let verdict = judge(view, now);
        let blind = view.blind.is_some();
        let status = view.known.as_ref().map(|known| known.status.as_ref());
        // No row is green under a headline that says that nothing can be seen.
        let unseen = verdict.overall == Overall::Blind;
        let rows = status.map_or_else(Vec::new, |status| rows(status, unseen, now));
        let count = |state| rows.iter().filter(|row| row.state == state).count();
        Self {
            counts: Counts {
                up: count(State::Up),
                down: count(State::Down),
                unknown: count(State::Unknown),
            },
            made: Moment::new(now, now),
            newest: status
                .and_then(|status| status.newest_observation_at)
                .map(|newest| Moment::new(newest, now)),
            sources: sources(status, blind),
            renewal_seconds,
            stylesheet: assets::stylesheet().path(),
            icon: assets::icon(verdict.overall).path(),
            rows,
            verdict,
        }
    }
}

/// Trouble first, else in the order of the configuration.
fn rows(status: &Status, unseen: bool, now: Timestamp) -> Vec<Row> {
    let mut rows: Vec<_> = status
        .targets
        .iter()
        .map(|target| Row::new(target, unseen, now))
        .collect();
    rows.sort_by_key(|row| match row.state {
        State::Down => 0,
        State::Unknown => 1,
        State::Up => 2,
    });
    rows
}

impl Row {
    fn new(target: &Target, unseen: bool, now: Timestamp) -> Self {
        let seen = Self {
            name: target.name.clone(),
            url: target.url.clone(),
            state: target.state,
            was: None,
            availability: target.availability.clone(),
            probes: probes(target),
            latency: target.latency_seconds.map(latency),
            last_probe: target.last_probe_at.map(|time| Moment::new(time, now)),
        };
        if !unseen {
            return seen;
        }
        Self {
            state: State::Unknown,
            was: (seen.state != State::Unknown).then(|| seen.state.word().to_lowercase()),
            availability: None,
            probes: None,
            latency: None,
            ..seen
        }
    }
}

fn probes(target: &Target) -> Option<String> {
    let all = target.success.saturating_add(target.failures);
    match (target.failures, all) {
        (_, 0) => None,
        (0, all) => Some(format!("none of {all} failed")),
        (failures, all) => Some(format!("{failures} of {all} failed")),
    }
}

/// api-gateway and what it asks. While it does not answer, nothing is known of the others.
fn sources(status: Option<&Status>, blind: bool) -> Vec<SourceLine> {
    let gateway = SourceLine {
        name: "api-gateway".to_owned(),
        answers: !blind,
    };
    let others = status
        .filter(|_| !blind)
        .map_or(&[][..], |status| &status.sources)
        .iter()
        .map(|source| SourceLine {
            name: source.name.clone(),
            answers: source.ok,
        });
    std::iter::once(gateway).chain(others).collect()
}

#[cfg(test)]
mod tests;
