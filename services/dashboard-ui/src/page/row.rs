//! A target's row on the overview.

use askama::Template;
use gateway_api::history::Range;
use gateway_api::status::TargetStatus;
use jiff::Timestamp;

use super::Mark;
use super::verdict::Visibility;
use crate::draw::charts::Chart;
use crate::text::ids::element_id;
use crate::text::time::Clock;
use crate::text::words::{certificate_near, reason};
use crate::text::{name, segment, visible};

/// `templates/row.html`. Except for the days until a certificate expires, it does not depend on the time of rendering,
/// so a row is sent again only after a change.
#[derive(Debug, Template)]
#[template(path = "row.html")]
pub(crate) struct Row<'a> {
    pub id: String,
    target: &'a str,
    name: String,
    /// The whole name, if the row shortens it.
    title: Option<String>,
    url: Option<String>,
    link: String,
    mark: Mark,
    since: Option<Clock>,
    notes: Vec<Note>,
    figures: &'a str,
}

/// A note about a target.
#[derive(Debug)]
pub(crate) struct Note {
    /// The name of its colours.
    pub tone: &'static str,
    pub text: String,
}

impl<'a> Row<'a> {
    pub(crate) fn new(
        target: &'a TargetStatus,
        chart: &'a Chart,
        range: Range,
        visibility: Visibility,
        now: Timestamp,
    ) -> Self {
        let shown = name(&target.target);
        let url = name(&target.url);
        Self {
            id: element_id("target", &target.target),
            target: &target.target,
            title: shown.ends_with('…').then(|| visible(&target.target)),
            url: (url != shown).then_some(url),
            name: shown,
            link: link(&target.target, range),
            mark: Mark::new(visibility.shown_state(target)),
            since: since(target, visibility),
            notes: notes(target, visibility, now),
            figures: &chart.html,
        }
    }

    /// Returns the state that the row shows.
    pub(crate) fn state(&self) -> &'static str {
        self.mark.state
    }
}

/// Returns the address of a target's page.
pub(crate) fn link(target: &str, range: Range) -> String {
    let target = segment(target);
    if range == Range::default() {
        format!("/targets/{target}")
    } else {
        format!("/targets/{target}?range={}", range.as_str())
    }
}

/// Returns when the shown state began.
pub(crate) fn since(target: &TargetStatus, visibility: Visibility) -> Option<Clock> {
    let (_, was) = visibility.shown_state(target);
    target.since.filter(|_| was.is_none()).map(Clock::new)
}

/// Returns the notes about a target.
pub(crate) fn notes(target: &TargetStatus, visibility: Visibility, now: Timestamp) -> Vec<Note> {
    let mut notes = Vec::new();
    let is_current = visibility.shown_state(target).1.is_none();
    if let Some(code) = target.reason.as_deref().filter(|_| is_current) {
        notes.push(Note {
            tone: "down",
            text: format!("Down because {}", reason(code)),
        });
    }
    if let Some(window) = target.maintenance.as_ref().filter(|_| is_current) {
        let why = window
            .reason
            .as_deref()
            .map_or_else(String::new, |why| format!(": {}", visible(why)));
        let until = Clock::new(window.end).short;
        notes.push(Note {
            tone: "maintenance",
            text: format!("In maintenance until {until}{why}"),
        });
    }
    let end = target.certificate_not_after;
    if let Some((text, trouble)) = end.and_then(|end| certificate_near(end, now)) {
        notes.push(Note {
            tone: if trouble { "down" } else { "caution" },
            text: format!("Certificate {text}"),
        });
    }
    notes
}

/// Returns a text with its first letter in upper case.
pub(crate) fn capitalize(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|it| it.to_uppercase().to_string());
    first.unwrap_or_default() + letters.as_str()
}
