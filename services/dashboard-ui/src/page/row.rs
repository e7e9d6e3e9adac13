//! A target on the overview.

use askama::Template;
use jiff::Timestamp;

use super::Mark;
use crate::draw::charts::Chart;
use crate::gateway::status::Target;
use crate::page::verdict::Sight;
use crate::range::Range;
use crate::text::ids::element_id;
use crate::text::time::Clock;
use crate::text::words::{certificate_near, reason};
use crate::text::{name, segment, visible};

/// `templates/row.html`. Nothing in it depends on when it is rendered, but the days of a certificate: what stays the same
/// need not be sent again.
#[derive(Debug, Template)]
#[template(path = "row.html")]
pub(crate) struct Row<'a> {
    pub id: String,
    target: &'a str,
    name: String,
    /// The whole name, where that is too long to be shown.
    title: Option<String>,
    url: Option<String>,
    link: String,
    mark: Mark,
    since: Option<Clock>,
    notes: Vec<Note>,
    figures: &'a str,
}

/// Something that a reader should know.
#[derive(Debug)]
pub(crate) struct Note {
    /// The name of its colours.
    pub tone: &'static str,
    pub text: String,
}

impl<'a> Row<'a> {
    pub(crate) fn new(
        target: &'a Target,
        chart: &'a Chart,
        range: Range,
        sight: Sight,
        now: Timestamp,
    ) -> Self {
        let shown = name(&target.name);
        let url = name(&target.url);
        Self {
            id: element_id("target", &target.name),
            target: &target.name,
            title: shown.ends_with('…').then(|| visible(&target.name)),
            url: (url != shown).then_some(url),
            name: shown,
            link: link(&target.name, range),
            mark: Mark::new(sight.of(target)),
            since: since(target, sight),
            notes: notes(target, sight, now),
            figures: &chart.html,
        }
    }

    /// What is shown as its state.
    pub(crate) fn state(&self) -> &'static str {
        self.mark.state
    }
}

/// Where everything about a target is.
pub(crate) fn link(target: &str, range: Range) -> String {
    let target = segment(target);
    if range == Range::default() {
        format!("/targets/{target}")
    } else {
        format!("/targets/{target}?range={}", range.query())
    }
}

/// Since when the state that is shown has been so.
pub(crate) fn since(target: &Target, sight: Sight) -> Option<Clock> {
    let (_, was) = sight.of(target);
    target.since.filter(|_| was.is_none()).map(Clock::new)
}

/// What is wrong with a target, or special about it.
pub(crate) fn notes(target: &Target, sight: Sight, now: Timestamp) -> Vec<Note> {
    let mut notes = Vec::new();
    let seen = sight.of(target).1.is_none();
    if let Some(code) = target.reason.as_deref().filter(|_| seen) {
        notes.push(Note {
            tone: "down",
            text: format!("Down because {}", reason(code)),
        });
    }
    if let Some(window) = target.maintenance.as_ref().filter(|_| seen) {
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

/// A sentence's first letter.
pub(crate) fn capitalize(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|it| it.to_uppercase().to_string());
    first.unwrap_or_default() + letters.as_str()
}
