//! Groups of targets: a line each, over the rows of its targets.

use askama::Template;
use gateway_api::availability::Counts;
use gateway_api::history::{Overall, Range, SlotsHead, TargetHistory};
use gateway_api::status::{Counted, State, TargetStatus, groups};

use super::verdict::Visibility;
use crate::draw::bar::{Bar, failed, ticks};
use crate::draw::charts::Charts;
use crate::text::ids::element_id;
use crate::text::words::STATES;
use crate::text::{name, visible};

/// `templates/group.html`: the line of a group. It is computed from all members, whatever the filter.
#[derive(Debug, Template)]
#[template(path = "group.html")]
pub(crate) struct GroupLine {
    /// The id of its element.
    pub id: String,
    name: String,
    /// The whole name, if the line shortens it.
    title: Option<String>,
    /// The worst state of its members.
    pub state: State,
    up: usize,
    all: usize,
    bar: String,
    slots: usize,
    /// The times of the slots, and those with failed probes, for the script.
    head: Option<SlotsHead>,
    failed: String,
    /// The labels of the axis.
    ticks: (String, &'static str),
    bar_words: String,
    availability: Option<String>,
}

impl GroupLine {
    /// Returns the line of a group; `None` is the group of the targets without one.
    pub(crate) fn new(
        group: Option<&str>,
        members: &[&TargetStatus],
        charts: &Charts,
        range: Range,
        visibility: Visibility,
    ) -> Self {
        let states = members.iter().map(|it| visibility.shown_state(it).0);
        let counted: Counted = states.collect();
        let worst = STATES.into_iter().find(|it| counted.get(*it) > 0);
        let histories = members.iter();
        let histories = histories.filter_map(|it| charts.get(&it.target).history.as_ref());
        let history = sum(histories);
        let bar = charts.slots.as_ref().zip(history.as_ref()).map_or_else(
            || Bar::unknown(range),
            |(slots, history)| Bar::new(slots, history),
        );
        let failed = history.as_ref().map(failed).unwrap_or_default();
        let availability = history.and_then(|it| it.overall.availability);
        let (shown, whole) = match group {
            Some(group) => (name(group), visible(group)),
            None => ("Other targets".to_owned(), String::new()),
        };
        Self {
            id: group_id(group),
            title: shown.ends_with('…').then_some(whole),
            name: shown,
            state: worst.unwrap_or(State::Unknown),
            up: counted.up,
            all: members.len(),
            bar: bar.paths(),
            slots: bar.slots().len(),
            head: charts.slots,
            failed,
            ticks: ticks(range),
            bar_words: bar.describe(range, availability.as_deref()),
            availability,
        }
    }
}

impl GroupLine {
    /// Returns the name of the group.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }
}

/// Returns the id of a group's element.
fn group_id(group: Option<&str>) -> String {
    group.map_or_else(
        || "targets-without-group".to_owned(),
        |group| element_id("group", group),
    )
}

/// Returns the targets of each group, in the order in which groups first occur. The targets without a group come last;
/// they are one group.
pub(crate) fn by_group<'a>(
    targets: &[&'a TargetStatus],
) -> Vec<(Option<&'a str>, Vec<&'a TargetStatus>)> {
    let names = groups(targets.iter().copied());
    let names = names.into_iter().map(Some).chain([None]);
    let members = |group: Option<&'a str>| {
        let members = targets.iter().filter(|it| it.group.as_deref() == group);
        (group, members.copied().collect::<Vec<_>>())
    };
    let all = names.map(members);
    all.filter(|(_, members)| !members.is_empty()).collect()
}

/// Returns the history of several targets together; `None` without any. A target counts in the coverage of a slot from its
/// first probe on.
fn sum<'a>(histories: impl Iterator<Item = &'a TargetHistory>) -> Option<TargetHistory> {
    let mut all: Option<TargetHistory> = None;
    let mut watched: Vec<f64> = Vec::new();
    for history in histories {
        let slots = history.coverage_ratio.len();
        let sum = all.get_or_insert_with(|| TargetHistory {
            availability_ratio: vec![None; slots],
            coverage_ratio: vec![0.0; slots],
            maintenance_ratio: vec![0.0; slots],
            success: vec![0.0; slots],
            failures: vec![0.0; slots],
            ..history.clone()
        });
        sum.watched_since = sum.watched_since.min(history.watched_since);
        watched.resize(sum.coverage_ratio.len(), 0.0);
        let covered = history.coverage_ratio.iter();
        let first = covered.take_while(|coverage| **coverage <= 0.0).count();
        for count in watched.iter_mut().skip(first) {
            *count += 1.0;
        }
        add(&mut sum.coverage_ratio, &history.coverage_ratio);
        add(&mut sum.maintenance_ratio, &history.maintenance_ratio);
        add(&mut sum.success, &history.success);
        add(&mut sum.failures, &history.failures);
    }
    let mut sum = all?;
    for ratios in [&mut sum.coverage_ratio, &mut sum.maintenance_ratio] {
        for (ratio, watched) in ratios.iter_mut().zip(&watched) {
            *ratio /= watched.max(1.0);
        }
    }
    let slots = sum.success.iter().zip(&sum.failures);
    let counts = slots.map(|(&success, &failures)| Counts { success, failures });
    sum.availability_ratio = counts.map(Counts::ratio).collect();
    let total = Counts {
        success: sum.success.iter().sum(),
        failures: sum.failures.iter().sum(),
    };
    sum.overall = Overall {
        availability: total.text(),
        availability_percent: total.percent(),
        coverage_ratio: None,
    };
    Some(sum)
}

fn add(sums: &mut [f64], values: &[f64]) {
    for (sum, value) in sums.iter_mut().zip(values) {
        *sum += value;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gateway::fixture;

    #[test]
    fn the_history_of_a_group_is_the_sum_of_its_members() {
        let mut histories = fixture::history(&["a", "b"]).targets;
        histories[1].success = vec![64.0; 90];
        histories[1].failures = vec![0.0; 90];
        let sum = sum(histories.iter()).unwrap();
        // One failed slot of `a`, 78 good ones, and 90 good ones of `b`.
        assert_eq!(sum.overall.availability.as_deref(), Some("99.40%"));
        assert_eq!(sum.availability_ratio[88], Some(0.5));
        assert_eq!(sum.coverage_ratio[20], 1.0);
        assert!(super::sum(std::iter::empty()).is_none());
    }

    #[test]
    fn targets_without_a_group_come_last() {
        let mut targets = ["a", "b", "c"].map(|it| fixture::target(it, State::Up));
        targets[1].group = Some("Payments".into());
        let targets: Vec<_> = targets.iter().collect();
        let groups = by_group(&targets);
        let names: Vec<_> = groups.iter().map(|(name, of)| (*name, of.len())).collect();
        assert_eq!(names, [(Some("Payments"), 1), (None, 2)]);
    }
}
