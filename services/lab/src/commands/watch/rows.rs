//! The list of targets: by group, in each those that need attention first, and the groups that need attention first.

use std::collections::{BTreeMap, HashMap};

use gateway_api::status::{Counted, State, groups};

use super::view::Shown;
use crate::terminal::words::rank;

/// A line of the list.
#[derive(Debug, Clone, Copy)]
pub enum Row<'a> {
    /// The head of a group.
    Group {
        /// Its name; `None` for the targets without a group.
        name: Option<&'a str>,
        /// Its worst state.
        worst: State,
        /// The number of its targets in each state.
        counts: Counted,
    },
    /// A target.
    Target(Shown<'a>),
}

/// A group's name and its targets.
type Section<'a> = (Option<&'a str>, Vec<Shown<'a>>);

/// Returns the lines of the list.
pub fn rows<'a>(shown: &[Shown<'a>]) -> Vec<Row<'a>> {
    let mut sections: BTreeMap<usize, Section<'a>> = BTreeMap::new();
    let names = groups(shown.iter().map(|it| it.target.as_ref()));
    let places: HashMap<&str, usize> = names.iter().copied().zip(0..).collect();
    for target in shown {
        let name = target.target.group.as_deref();
        // The targets without a group come last.
        let place = name.and_then(|name| places.get(name).copied());
        let section = sections.entry(place.unwrap_or(names.len()));
        let (_, members) = section.or_insert_with(|| (name, Vec::new()));
        members.push(*target);
    }
    let mut sections: Vec<Section<'a>> = sections.into_values().collect();
    for (_, members) in &mut sections {
        members.sort_by_key(|it| rank(it.state));
    }
    // Both sorts keep the order of the configuration among equals.
    let worst = |members: &[Shown<'_>]| members.first().map_or(State::Up, |it| it.state);
    sections.sort_by_key(|(_, members)| rank(worst(members)));
    let mut rows = Vec::new();
    for (name, members) in sections {
        if !names.is_empty() {
            rows.push(Row::Group {
                name,
                worst: worst(&members),
                counts: members.iter().map(|it| it.state).collect(),
            });
        }
        rows.extend(members.into_iter().map(Row::Target));
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::super::follow::Update;
    use super::super::view::View;
    use super::*;
    use crate::http::gateway::fixture::{status, target, time};

    #[test]
    fn groups_and_targets_that_need_attention_come_first() {
        let mut targets = vec![];
        for (name, group, state) in [
            ("a1", Some("A"), State::Up),
            ("none", None, State::Up),
            ("b1", Some("B"), State::Up),
            ("b2", Some("B"), State::Down),
            ("b3", Some("B"), State::Unknown),
            ("a2", Some("A"), State::Maintenance),
        ] {
            let mut target = target(name, state);
            target.group = group.map(Into::into);
            targets.push(target);
        }
        let mut view = View::default();
        let now = time("2026-11-23T02:45:10Z");
        view.apply(Update::Status(Box::new(status(targets))), now);
        let shown = view.targets(now);
        let names: Vec<String> = rows(&shown)
            .iter()
            .map(|row| match row {
                Row::Group { name, counts, .. } => {
                    format!("[{} {}]", name.unwrap_or("-"), counts.up)
                }
                Row::Target(shown) => shown.target.target.to_string(),
            })
            .collect();
        let expected = [
            "[B 1]", "b2", "b3", "b1", "[A 1]", "a2", "a1", "[- 1]", "none",
        ];
        assert_eq!(names, expected);
    }
}
