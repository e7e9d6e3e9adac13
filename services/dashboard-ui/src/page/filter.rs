//! What an address asks of the overview, and addresses that ask for something else.

use url::form_urlencoded::{Serializer, parse};

use crate::gateway::status::State;
use crate::range::Range;
use crate::text::cut;

/// Longer texts are nothing that anybody looks for.
const SEARCH_MAX_CHARS: usize = 256;

/// Which targets are shown, and how far back.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Filter {
    pub range: Range,
    /// In a name, an address or a group, in any case.
    pub search: String,
    pub group: Option<String>,
    pub state: Option<State>,
    /// Those behind this one in the order of the configuration.
    pub after: Option<String>,
    /// Whether the page stands still.
    pub paused: bool,
}

impl Filter {
    /// Reads an address's query. What makes no sense is left out: it is a page for people.
    pub(crate) fn of(query: Option<&str>) -> Self {
        let mut filter = Self::default();
        for (name, value) in parse(query.unwrap_or_default().as_bytes()) {
            let value = value.trim();
            match &*name {
                "range" => filter.range = Range::of(Some(value)),
                "search" => filter.search = cut(value, SEARCH_MAX_CHARS),
                "group" => filter.group = (!value.is_empty()).then(|| value.to_owned()),
                "state" => {
                    filter.state = State::ALL.into_iter().find(|it| it.class() == value);
                }
                "after" => filter.after = (!value.is_empty()).then(|| value.to_owned()),
                "pause" => filter.paused = true,
                _ => {}
            }
        }
        filter
    }

    /// Whether some targets are left out on purpose.
    pub(crate) fn narrows(&self) -> bool {
        !self.search.is_empty() || self.group.is_some() || self.state.is_some()
    }

    /// The address that asks for this below `path`.
    pub(crate) fn address(&self, path: &str) -> String {
        let mut query = Serializer::new(String::new());
        if self.range != Range::default() {
            query.append_pair("range", self.range.query());
        }
        if !self.search.is_empty() {
            query.append_pair("search", &self.search);
        }
        if let Some(group) = &self.group {
            query.append_pair("group", group);
        }
        if let Some(state) = self.state {
            query.append_pair("state", state.class());
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

    /// The same from the first target on, with one thing changed.
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
    fn what_makes_no_sense_is_left_out() {
        let filter = Filter::of(Some(
            "range=99y&state=resting&group=&search=++&pause&x=1&%zz",
        ));
        let paused = Filter {
            paused: true,
            ..Filter::default()
        };
        assert_eq!(filter, paused);
        assert_eq!(Filter::of(None), Filter::default());
    }

    #[test]
    fn the_plain_page_has_the_plain_address() {
        assert_eq!(Filter::default().address("/"), "/");
        let down = Filter::default().with(|it| it.state = Some(State::Down));
        assert_eq!(down.address("/"), "/?state=down");
    }

    proptest! {
        #[test]
        fn an_address_is_read_as_it_was_written(
            search in "\\PC{0,20}", group in "\\PC{1,20}", after in "\\PC{1,20}", range in 0..6_usize, state in 0..4_usize,
        ) {
            let filter = Filter {
                range: Range::ALL[range],
                search: search.trim().to_owned(),
                group: Some(group.trim().to_owned()).filter(|it| !it.is_empty()),
                state: Some(State::ALL[state]),
                after: Some(after.trim().to_owned()).filter(|it| !it.is_empty()),
                paused: true,
            };
            let address = filter.address("/");
            prop_assert_eq!(Filter::of(address.strip_prefix("/?")), filter);
        }
    }
}
