//! The query of the overview's address: parses it, and writes it into links.

use gateway_api::history::Range;
use gateway_api::status::State;
use url::form_urlencoded::{Serializer, parse};

use crate::text::cut;
use crate::text::words::STATES;

/// The longest search, in characters.
const SEARCH_MAX_CHARS: usize = 256;

/// The filter of targets, and the range of their history.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Filter {
    pub range: Range,
    /// A text to find in names, URLs and groups, ignoring case.
    pub search: String,
    pub group: Option<String>,
    pub state: Option<State>,
    /// The page starts after this target, in the order of the configuration.
    pub after: Option<String>,
    /// Whether the page is paused.
    pub paused: bool,
}

impl Filter {
    /// Parses a query. Invalid values are ignored, because people type them.
    pub(crate) fn parse(query: Option<&str>) -> Self {
        let mut filter = Self::default();
        for (name, value) in parse(query.unwrap_or_default().as_bytes()) {
            let value = value.trim();
            match &*name {
                "range" => filter.range = Range::parse(value).unwrap_or_default(),
                "search" => filter.search = cut(value, SEARCH_MAX_CHARS),
                "group" => filter.group = (!value.is_empty()).then(|| value.to_owned()),
                "state" => {
                    filter.state = STATES.into_iter().find(|it| it.as_str() == value);
                }
                "after" => filter.after = (!value.is_empty()).then(|| value.to_owned()),
                "pause" => filter.paused = true,
                _ => {}
            }
        }
        filter
    }

    /// Returns whether the filter selects only some targets.
    pub(crate) fn narrows(&self) -> bool {
        !self.search.is_empty() || self.group.is_some() || self.state.is_some()
    }

    /// Returns the address of `path` with this query.
    pub(crate) fn address(&self, path: &str) -> String {
        let mut query = Serializer::new(String::new());
        if self.range != Range::default() {
            query.append_pair("range", self.range.as_str());
        }
        if !self.search.is_empty() {
            query.append_pair("search", &self.search);
        }
        if let Some(group) = &self.group {
            query.append_pair("group", group);
        }
        if let Some(state) = self.state {
            query.append_pair("state", state.as_str());
        }
        if let Some(after) = &self.after {
            query.append_pair("after", after);
        }
        if self.paused {
            query.append_key_only("pause");
        }
        let query = query.finish();
        if query.is_empty() {
            path.to_owned()
        } else {
            format!("{path}?{query}")
        }
    }

    /// Returns a changed copy that starts at the first target.
    pub(crate) fn with(&self, change: impl FnOnce(&mut Self)) -> Self {
        let mut changed = Self {
            after: None,
            ..self.clone()
        };
        change(&mut changed);
        changed
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn invalid_values_are_ignored() {
        let filter = Filter::parse(Some(
            "range=99y&state=resting&group=&search=++&pause&x=1&%zz",
        ));
        let paused = Filter {
            paused: true,
            ..Filter::default()
        };
        assert_eq!(filter, paused);
        assert_eq!(Filter::parse(None), Filter::default());
    }

    #[test]
    fn the_default_filter_has_no_query() {
        assert_eq!(Filter::default().address("/"), "/");
        let down = Filter::default().with(|it| it.state = Some(State::Down));
        assert_eq!(down.address("/"), "/?state=down");
    }

    proptest! {
        #[test]
        fn an_address_is_parsed_as_it_was_written(
            search in "\\PC{0,20}", group in "\\PC{1,20}", after in "\\PC{1,20}", range in 0..6_usize, state in 0..4_usize,
        ) {
            let filter = Filter {
                range: Range::ALL[range].1,
                search: search.trim().to_owned(),
                group: Some(group.trim().to_owned()).filter(|it| !it.is_empty()),
                state: Some(STATES[state]),
                after: Some(after.trim().to_owned()).filter(|it| !it.is_empty()),
                paused: true,
            };
            let address = filter.address("/");
            prop_assert_eq!(Filter::parse(address.strip_prefix("/?")), filter);
        }
    }
}
