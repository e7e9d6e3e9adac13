//! The page of an address that does not exist.

use askama::Template;
use jiff::Timestamp;

use super::filter::Filter;
use super::verdict::judge;
use super::{PageKind, Shell};
use crate::gateway::view::View;
use crate::text::name;
use crate::text::time::Moment;

/// `templates/missing.html`.
#[derive(Debug, Template)]
#[template(path = "missing.html")]
pub(crate) struct MissingPage {
    shell: Shell,
    /// The name of the target that does not exist, if the address is that of a target.
    target: Option<String>,
    /// The address of a search for that name.
    search: Option<String>,
}

impl MissingPage {
    pub(crate) fn new(view: &View, target: Option<&str>, events: &str, now: Timestamp) -> Self {
        let verdict = judge(view, now);
        let made = Moment::new(now, now);
        let mut shell = Shell::new(PageKind::Missing, "Not found".to_owned(), &verdict, made);
        shell.events = format!("/events?since={events}");
        let search = |target: &str| {
            let filter = Filter {
                search: target.to_owned(),
                ..Filter::default()
            };
            filter.address("/")
        };
        Self {
            shell,
            target: target.map(name),
            search: target.map(search),
        }
    }
}
