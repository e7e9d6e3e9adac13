//! `GET /`: all targets.

use askama::Template;
use gateway_api::history::Range;
use gateway_api::status::{State, TargetStatus, groups};
use jiff::Timestamp;

use super::announcements::Announcements;
use super::filter::Filter;
use super::row::Row;
use super::summary::Summary;
use super::verdict::{Visibility, judge};
use super::{PageKind, Shell};
use crate::draw::charts::Charts;
use crate::gateway::view::View;
use crate::text::time::in_full;
use crate::text::visible;
use crate::text::words::{self, STATES};

/// The maximum number of targets on a page.
const ROWS_MAX: usize = 1_000;

/// `templates/overview.html`.
#[derive(Debug, Template)]
#[template(path = "overview.html")]
pub(crate) struct Overview<'a> {
    shell: Shell,
    summary: Summary,
    announcements: &'a str,
    missing: &'a [String],
    ranges: Vec<Choice>,
    filter: &'a Filter,
    groups: Vec<Choice>,
    states: Vec<Choice>,
    sections: Vec<Section<'a>>,
    /// The number of targets that match the filter.
    matching: usize,
    /// The number of all targets.
    all: usize,
    clear: String,
    first: Option<String>,
    next: Option<String>,
}

/// An option of a list, or a link of a group of links.
#[derive(Debug)]
struct Choice {
    value: String,
    text: String,
    link: String,
    chosen: bool,
}

/// The targets of a group.
#[derive(Debug)]
struct Section<'a> {
    id: String,
    /// `None` if no target has a group.
    title: Option<String>,
    rows: Vec<Row<'a>>,
}

impl<'a> Overview<'a> {
    pub(crate) fn new(
        view: &'a View,
        charts: &'a Charts,
        announcements: &'a Announcements,
        filter: &'a Filter,
        events: &str,
        now: Timestamp,
    ) -> Self {
        let verdict = judge(view, now);
        let visibility = verdict.visibility;
        let all = view.snapshot.iter().flat_map(|it| &it.status.targets);
        let targets: Vec<&TargetStatus> = all.map(AsRef::as_ref).collect();
        let matching: Vec<&TargetStatus> = targets
            .iter()
            .copied()
            .filter(|target| matches(target, filter, visibility))
            .collect();
        let start = filter.after.as_deref().map_or(0, |after| {
            let index = matching.iter().position(|target| *target.target == *after);
            index.map_or(0, |index| index + 1)
        });
        let shown: Vec<&TargetStatus> = matching
            .iter()
            .copied()
            .skip(start)
            .take(ROWS_MAX)
            .collect();
        let more = matching.len() > start + shown.len();
        let next = shown.last().filter(|_| more).map(|last| {
            let next = filter.with(|it| it.after = Some(last.target.to_string()));
            next.address("/")
        });
        let mut shell = Shell::new(
            PageKind::Overview,
            verdict.title(),
            &verdict,
            crate::text::time::Moment::new(now, now),
        );
        shell.events = format!("/events?range={}&since={events}", filter.range.as_str());
        let paused = Filter {
            paused: !filter.paused,
            ..filter.clone()
        };
        shell.pause = paused.address("/");
        shell.paused = filter.paused;
        let row = |target: &'a TargetStatus| {
            let chart = charts.get(&target.target);
            Row::new(target, chart, filter.range, visibility, now)
        };
        Self {
            shell,
            summary: Summary::new(view, verdict, now),
            announcements: &announcements.html,
            missing: &charts.missing,
            ranges: ranges(view, filter),
            groups: group_choices(&targets, filter),
            states: state_choices(filter),
            sections: sections(&shown, visibility, row),
            matching: matching.len(),
            all: targets.len(),
            clear: Filter {
                range: filter.range,
                ..Filter::default()
            }
            .address("/"),
            first: (start > 0).then(|| filter.with(|_| {}).address("/")),
            next,
            filter,
        }
    }
}

fn matches(target: &TargetStatus, filter: &Filter, visibility: Visibility) -> bool {
    let shown = visibility.shown_state(target).0;
    target.matches(&filter.search, filter.group.as_deref())
        && filter.state.is_none_or(|state| state == shown)
}

fn ranges(view: &View, filter: &Filter) -> Vec<Choice> {
    let choice = |range: Range| Choice {
        value: range.as_str().to_owned(),
        text: in_full(range.as_str()),
        link: Filter {
            range,
            ..filter.clone()
        }
        .address("/"),
        chosen: range == filter.range,
    };
    view.ranges().into_iter().map(choice).collect()
}

fn group_choices(targets: &[&TargetStatus], filter: &Filter) -> Vec<Choice> {
    let choice = |group: &str| Choice {
        value: group.to_owned(),
        text: visible(group),
        link: String::new(),
        chosen: filter.group.as_deref() == Some(group),
    };
    let groups = groups(targets.iter().copied());
    groups.into_iter().map(choice).collect()
}

fn state_choices(filter: &Filter) -> Vec<Choice> {
    let choice = |state: State| Choice {
        value: state.as_str().to_owned(),
        text: words::state(state).to_owned(),
        link: String::new(),
        chosen: filter.state == Some(state),
    };
    STATES.into_iter().map(choice).collect()
}

/// Returns a section for each group, and a last one for targets without a group. Within a section, targets that need
/// attention come first.
fn sections<'a>(
    targets: &[&'a TargetStatus],
    visibility: Visibility,
    row: impl Fn(&'a TargetStatus) -> Row<'a>,
) -> Vec<Section<'a>> {
    let names = groups(targets.iter().copied());
    let sections = names.iter().copied().map(Some).chain([None]);
    let sections = sections.enumerate().map(|(index, group)| {
        let of_group = targets.iter().filter(|it| it.group.as_deref() == group);
        let mut members: Vec<&TargetStatus> = of_group.copied().collect();
        members.sort_by_key(|target| {
            let state = visibility.shown_state(target).0;
            STATES.iter().position(|it| *it == state)
        });
        Section {
            id: format!("group-{index}"),
            title: match group {
                Some(group) => Some(visible(group)),
                None if names.is_empty() => None,
                None => Some("No group".to_owned()),
            },
            rows: members.into_iter().map(&row).collect(),
        }
    });
    sections
        .filter(|section| !section.rows.is_empty())
        .collect()
}
