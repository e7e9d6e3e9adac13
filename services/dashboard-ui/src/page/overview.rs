//! `GET /`: all targets.

use askama::Template;
use jiff::Timestamp;

use super::filter::Filter;
use super::row::Row;
use super::summary::Summary;
use super::{Here, Shell};
use crate::board::View;
use crate::charts::Charts;
use crate::gateway::status::{State, Target};
use crate::news::News;
use crate::range::Range;
use crate::text::visible;
use crate::verdict::{Sight, judge};

/// How many targets are on a page.
const ROWS_MAX: usize = 1_000;

/// `templates/overview.html`, filled.
#[derive(Debug, Template)]
#[template(path = "overview.html")]
pub(crate) struct Overview<'a> {
    shell: Shell,
    summary: Summary,
    news: &'a str,
    missing: &'a [String],
    ranges: Vec<Choice>,
    filter: &'a Filter,
    groups: Vec<Choice>,
    states: Vec<Choice>,
    sections: Vec<Section<'a>>,
    /// How many targets match, and of how many.
    matching: usize,
    all: usize,
    clear: String,
    first: Option<String>,
    next: Option<String>,
}

/// One of several, and whether it is the one.
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
    /// None where there are no groups.
    title: Option<String>,
    rows: Vec<Row<'a>>,
}

impl<'a> Overview<'a> {
    pub(crate) fn new(
        view: &'a View,
        charts: &'a Charts,
        news: &'a News,
        filter: &'a Filter,
        events: &str,
        now: Timestamp,
    ) -> Self {
        let verdict = judge(view, now);
        let sight = verdict.sight;
        let known = view.known.as_ref();
        let targets: Vec<&Target> = known
            .iter()
            .flat_map(|known| &known.status.targets)
            .map(AsRef::as_ref)
            .collect();
        let matching: Vec<&Target> = targets
            .iter()
            .copied()
            .filter(|target| matches(target, filter, sight))
            .collect();
        let start = filter.after.as_deref().map_or(0, |after| {
            let place = matching.iter().position(|target| target.name == after);
            place.map_or(0, |place| place + 1)
        });
        let shown: Vec<&Target> = matching
            .iter()
            .copied()
            .skip(start)
            .take(ROWS_MAX)
            .collect();
        let more = matching.len() > start + shown.len();
        let next = shown.last().filter(|_| more).map(|last| {
            let next = filter.with(|it| it.after = Some(last.name.clone()));
            next.address("/")
        });
        let mut shell = Shell::new(
            Here::Overview,
            verdict.title(),
            &verdict,
            crate::time::Moment::new(now, now),
        );
        shell.events = format!("/events?range={}&since={events}", filter.range.query());
        let paused = Filter {
            paused: !filter.paused,
            ..filter.clone()
        };
        shell.pause = paused.address("/");
        shell.paused = filter.paused;
        let row = |target| Row::new(target, charts.of(&target.name), filter.range, sight, now);
        Self {
            shell,
            summary: Summary::new(view, verdict, now),
            news: &news.html,
            missing: &charts.missing,
            ranges: ranges(view, filter),
            groups: groups(&targets, filter),
            states: states(filter),
            sections: sections(&shown, sight, row),
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

fn matches(target: &Target, filter: &Filter, sight: Sight) -> bool {
    let search = filter.search.to_lowercase();
    let group = target.group.as_deref().unwrap_or_default();
    let found = |text: &str| text.to_lowercase().contains(&search);
    (search.is_empty() || found(&target.name) || found(&target.url) || found(group))
        && filter.group.as_deref().is_none_or(|wanted| wanted == group)
        && filter
            .state
            .is_none_or(|wanted| wanted == sight.of(target).0)
}

fn ranges(view: &View, filter: &Filter) -> Vec<Choice> {
    let choice = |range: Range| Choice {
        value: range.query().to_owned(),
        text: range.words(),
        link: Filter {
            range,
            ..filter.clone()
        }
        .address("/"),
        chosen: range == filter.range,
    };
    view.ranges().into_iter().map(choice).collect()
}

/// The names of all groups, in the order in which they first occur.
fn group_names<'a>(targets: &[&'a Target]) -> Vec<&'a str> {
    let mut names: Vec<&str> = Vec::new();
    for group in targets.iter().filter_map(|target| target.group.as_deref()) {
        if !names.contains(&group) {
            names.push(group);
        }
    }
    names
}

fn groups(targets: &[&Target], filter: &Filter) -> Vec<Choice> {
    let choice = |group: &str| Choice {
        value: group.to_owned(),
        text: visible(group),
        link: String::new(),
        chosen: filter.group.as_deref() == Some(group),
    };
    group_names(targets).into_iter().map(choice).collect()
}

fn states(filter: &Filter) -> Vec<Choice> {
    let choice = |state: State| Choice {
        value: state.class().to_owned(),
        text: state.word().to_owned(),
        link: String::new(),
        chosen: filter.state == Some(state),
    };
    State::ALL.into_iter().map(choice).collect()
}

/// Targets in their groups, those without one last; in each, trouble first, else in the order of the configuration.
fn sections<'a>(
    targets: &[&'a Target],
    sight: Sight,
    row: impl Fn(&'a Target) -> Row<'a>,
) -> Vec<Section<'a>> {
    let names = group_names(targets);
    let groups = names.iter().copied().map(Some).chain([None]);
    let sections = groups.enumerate().map(|(index, group)| {
        let of_group = targets.iter().filter(|it| it.group.as_deref() == group);
        let mut members: Vec<&Target> = of_group.copied().collect();
        members.sort_by_key(|target| {
            let state = sight.of(target).0;
            State::ALL.iter().position(|it| *it == state)
        });
        Section {
            id: format!("group-{index}"),
            title: match group {
                Some(group) => Some(visible(group)),
                None if names.is_empty() => None,
                None => Some("Without a group".to_owned()),
            },
            rows: members.into_iter().map(&row).collect(),
        }
    });
    sections
        .filter(|section| !section.rows.is_empty())
        .collect()
}
