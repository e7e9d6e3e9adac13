//! Which targets an answer lists: search, filters and pages, the same at every endpoint.

use std::sync::Arc;

use gateway_api::PAGE_MAX;
use gateway_api::status::{State, TargetStatus};
use service_kit::Problem;
use utoipa::IntoParams;

use super::parameters::Parameters;

/// Longest search, in characters: as long as a name may be.
const SEARCH_MAX_CHARS: usize = 256;

/// Which targets are wanted.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Filter {
    /// Only targets in whose name, URL or group this comes, in upper or lower case.
    #[param(max_length = 256)]
    search: Option<String>,
    /// Only targets of this group.
    #[param(max_length = 256)]
    group: Option<String>,
    /// Only targets in this state.
    state: Option<State>,
    /// At most this many targets.
    #[param(minimum = 1, maximum = 1000, default = 1000, required = false)]
    limit: usize,
    /// Where the page starts: `next` of the page before.
    #[param(value_type = String, pattern = "^[0-9]{1,9},", required = false)]
    after: Option<Cursor>,
}

/// The last target of a page: its place among all, and its name, which counts if the configuration was edited
/// meanwhile.
#[derive(Debug)]
struct Cursor {
    place: usize,
    name: String,
}

/// The targets of a page.
#[derive(Debug)]
pub(super) struct Page<'a> {
    /// The targets, in the order of the configuration.
    pub(super) targets: Vec<&'a Arc<TargetStatus>>,
    /// How many match on all pages.
    pub(super) total: usize,
    /// `after` of the next page, if there is one.
    pub(super) next: Option<String>,
}

impl Filter {
    /// The parameters that it is read from.
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

    /// Returns the page of these targets that is wanted.
    pub(super) fn page<'a>(&self, targets: &'a [Arc<TargetStatus>]) -> Page<'a> {
        let start = self.after.as_ref().map_or(0, |after| after.next(targets));
        let matching = targets
            .iter()
            .enumerate()
            .filter(|(_, it)| self.matches(it));
        let total = matching.clone().count();
        let mut rest = matching.filter(|(place, _)| *place >= start);
        let page: Vec<_> = rest.by_ref().take(self.limit).collect();
        let more = rest.next().is_some();
        let last = page.last().filter(|_| more);
        Page {
            total,
            next: last.map(|(place, target)| format!("{place},{}", target.target)),
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
        let (place, name) = text.split_once(',')?;
        let digits = (1..=9).contains(&place.len()) && place.bytes().all(|b| b.is_ascii_digit());
        Some(Self {
            place: place.parse().ok().filter(|_| digits)?,
            name: name.to_owned(),
        })
    }

    /// Returns the place of the target after it. Should it be gone, that at its own place is the one that came after it.
    fn next(&self, targets: &[Arc<TargetStatus>]) -> usize {
        let is_it = |target: &Arc<TargetStatus>| *target.target == *self.name;
        if targets.get(self.place).is_some_and(is_it) {
            return self.place + 1;
        }
        let moved = targets.iter().position(is_it);
        moved.map_or(self.place, |place| place + 1)
    }
}

#[cfg(test)]
mod tests;
