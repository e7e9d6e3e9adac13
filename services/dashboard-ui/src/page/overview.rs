//! `GET /`: all targets.

use askama::Template;
use gateway_api::history::Range;
use gateway_api::status::{Counted, State, TargetStatus};
use jiff::Timestamp;

use super::filter::Filter;
use super::groups::{GroupLine, by_group};
use super::news::{News, Parts};
use super::row::Row;
use super::summary::Summary;
use super::verdict::{Visibility, judge};
use super::{PageKind, Shell};
use crate::draw::charts::Charts;
use crate::gateway::view::View;
use crate::text::time::{Clock, Moment, in_full};
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
    news: Parts,
    missing: &'a [String],
    ranges: Vec<Choice>,
    /// The start of the history, if it is within the range.
    history_since: Option<Clock>,
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

/// What an overview shows, and how.
#[derive(Debug)]
pub(crate) struct Content<'a> {
    pub view: &'a View,
    pub charts: &'a Charts,
    pub news: &'a News,
    pub filter: &'a Filter,
    pub range: Range,
}

/// An option of a list, or a link of a group of links.
#[derive(Debug)]
struct Choice {
    value: String,
    text: String,
    /// The number of targets that it selects.
    count: usize,
    link: String,
    chosen: bool,
}

/// The targets of a group.
#[derive(Debug)]
struct Section<'a> {
    /// `None` if no target has a group.
    line: Option<GroupLine>,
    open: bool,
    rows: Vec<Row<'a>>,
}

impl<'a> Overview<'a> {
    pub(crate) fn new(content: &Content<'a>, events: &str, now: Timestamp) -> Self {
        let Content {
            view,
            charts,
            news,
            filter,
            range,
        } = *content;
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
            next.list()
        });
        let made = Moment::new(now, now);
        let mut shell = Shell::new(PageKind::Overview, verdict.title(), &verdict, made);
        shell.events = format!("/events?range={}&since={events}", range.as_str());
        let paused = Filter {
            paused: !filter.paused,
            ..filter.clone()
        };
        shell.pause = paused.address("/");
        shell.paused = filter.paused;
        let groups = by_group(&targets);
        let history_since = view.history_since().filter(|since| {
            let slots = charts.slots.as_ref();
            slots.is_some_and(|slots| slots.started_at < *since)
        });
        Self {
            shell,
            summary: Summary::new(view, verdict, now),
            news: news.render(view, visibility, now),
            missing: &charts.missing,
            ranges: ranges(view, filter, range),
            history_since: history_since.map(Clock::new),
            groups: group_choices(&groups, filter),
            states: state_choices(&targets, filter, visibility),
            sections: sections(content, &groups, &shown, visibility, now),
            matching: matching.len(),
            all: targets.len(),
            clear: Filter {
                range: filter.range,
                ..Filter::default()
            }
            .list(),
            first: (start > 0).then(|| filter.with(|_| {}).list()),
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

fn ranges(view: &View, filter: &Filter, chosen: Range) -> Vec<Choice> {
    let choice = |range: Range| Choice {
        value: range.as_str().to_owned(),
        text: in_full(range.as_str()),
        count: 0,
        link: Filter {
            range: Some(range),
            ..filter.clone()
        }
        .list(),
        chosen: range == chosen,
    };
    view.ranges().into_iter().map(choice).collect()
}

fn group_choices(groups: &[(Option<&str>, Vec<&TargetStatus>)], filter: &Filter) -> Vec<Choice> {
    let choice = |(group, members): &(Option<&str>, Vec<&TargetStatus>)| {
        let group = (*group)?;
        Some(Choice {
            value: group.to_owned(),
            text: visible(group),
            count: members.len(),
            link: String::new(),
            chosen: filter.group.as_deref() == Some(group),
        })
    };
    groups.iter().filter_map(choice).collect()
}

fn state_choices(
    targets: &[&TargetStatus],
    filter: &Filter,
    visibility: Visibility,
) -> Vec<Choice> {
    let states = targets.iter().map(|it| visibility.shown_state(it).0);
    let counted: Counted = states.collect();
    let choice = |state: State| Choice {
        value: state.as_str().to_owned(),
        text: words::state(state).to_owned(),
        count: counted.get(state),
        link: String::new(),
        chosen: filter.state == Some(state),
    };
    STATES.into_iter().map(choice).collect()
}

/// Returns a section for each group, and one for targets without a group. Groups and targets that need attention come
/// first. A section is open if a member is not up, or if the reader looks for something.
fn sections<'a>(
    content: &Content<'a>,
    groups: &[(Option<&str>, Vec<&TargetStatus>)],
    shown: &[&'a TargetStatus],
    visibility: Visibility,
    now: Timestamp,
) -> Vec<Section<'a>> {
    let has_groups = groups.iter().any(|(group, _)| group.is_some());
    let rank = |state: State| STATES.iter().position(|it| *it == state);
    let section = |(group, mut rows): (Option<&'a str>, Vec<&'a TargetStatus>)| {
        rows.sort_by_key(|target| rank(visibility.shown_state(target).0));
        let all = groups.iter().find(|(it, _)| *it == group);
        let line = all.filter(|_| has_groups).map(|(_, members)| {
            GroupLine::new(group, members, content.charts, content.range, visibility)
        });
        let is_up = line.as_ref().is_some_and(|it| it.state == State::Up);
        let row = |target: &'a TargetStatus| {
            let chart = content.charts.get(&target.target);
            Row::new(target, chart, content.range, visibility, now)
        };
        Section {
            open: !is_up || content.filter.narrows(),
            line,
            rows: rows.into_iter().map(row).collect(),
        }
    };
    let mut sections: Vec<_> = by_group(shown).into_iter().map(section).collect();
    sections.sort_by_key(|it| it.line.as_ref().map(|line| rank(line.state)));
    sections
}
