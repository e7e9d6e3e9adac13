//! Search, filters and pages of targets, the same for all endpoints.

use std::sync::Arc;

use gateway_api::PAGE_MAX;
use gateway_api::status::{State, TargetStatus};
use service_kit::Problem;
use utoipa::IntoParams;

use super::parameters::Parameters;

/// The longest search or group, in characters: as long as a name may be.
const SEARCH_MAX_CHARS: usize = 256;

/// The filter and the page of targets.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Filter {
    /// Only targets whose name, URL or group contains this text, ignoring case.
    #[param(max_length = 256)]
    search: Option<String>,
    /// Only targets of this group.
    #[param(max_length = 256)]
    group: Option<String>,
    /// Only targets in this state.
    state: Option<State>,
    /// The most targets on the page.
    #[param(minimum = 1, maximum = 1000, default = 1000, required = false)]
    limit: usize,
    /// The start of the page: `next` of the previous page.
    #[param(value_type = String, pattern = "^[0-9]{1,9},", required = false)]
    after: Option<Cursor>,
}

/// The last target of a page: its index in the list of all targets, and its name, which counts if the list has changed
/// meanwhile.
#[derive(Debug)]
struct Cursor {
    index: usize,
    name: String,
}

/// The targets of a page.
#[derive(Debug)]
pub(super) struct Page<'a> {
    /// The targets, in the order of the configuration.
    pub(super) targets: Vec<&'a Arc<TargetStatus>>,
    /// The number of matching targets on all pages.
    pub(super) total: usize,
    /// `after` of the next page, if there is one.
    pub(super) next: Option<String>,
}

impl Filter {
    /// The names of the parameters.
    pub(super) const PARAMETERS: &[&str] = &["search", "group", "state", "limit", "after"];

    pub(super) fn read(parameters: &Parameters) -> Result<Self, Problem> {
        Ok(Self {
            search: parameters.text("search", SEARCH_MAX_CHARS)?,
            group: parameters.text("group", SEARCH_MAX_CHARS)?,
            state: parameters.word("state", &State::ALL)?,
            limit: parameters.number("limit", 1, PAGE_MAX)?.unwrap_or(PAGE_MAX),
            after: parameters.get("after", "next of an earlier answer", Cursor::parse)?,
        })
    }

    /// Returns the requested page of the matching targets.
    pub(super) fn page<'a>(&self, targets: &'a [Arc<TargetStatus>]) -> Page<'a> {
        let start = self.after.as_ref().map_or(0, |after| after.next(targets));
        let matching = targets
            .iter()
            .enumerate()
            .filter(|(_, it)| self.matches(it));
        let total = matching.clone().count();
        let mut rest = matching.filter(|(index, _)| *index >= start);
        let page: Vec<_> = rest.by_ref().take(self.limit).collect();
        let more = rest.next().is_some();
        let last = page.last().filter(|_| more);
        Page {
            total,
            next: last.map(|(index, target)| format!("{index},{}", target.target)),
            targets: page.into_iter().map(|(_, target)| target).collect(),
        }
    }

    fn matches(&self, target: &TargetStatus) -> bool {
        let search = self.search.as_deref().unwrap_or_default();
        self.state.is_none_or(|state| target.state == state)
            && target.matches(search, self.group.as_deref())
    }
}

impl Cursor {
    fn parse(text: &str) -> Option<Self> {
        let (index, name) = text.split_once(',')?;
        let digits = (1..=9).contains(&index.len()) && index.bytes().all(|b| b.is_ascii_digit());
        Some(Self {
            index: index.parse().ok().filter(|_| digits)?,
            name: name.to_owned(),
        })
    }

    /// Returns the index of the target after the cursor. If the cursor's target was removed, that is its own index.
    fn next(&self, targets: &[Arc<TargetStatus>]) -> usize {
        let is_last = |target: &Arc<TargetStatus>| *target.target == *self.name;
        if targets.get(self.index).is_some_and(is_last) {
            return self.index + 1;
        }
        let moved = targets.iter().position(is_last);
        moved.map_or(self.index, |index| index + 1)
    }
}

#[cfg(test)]
mod tests;
