//! Maintenance windows, in which a target's probes do not count.
//!
//! A window occurs once, or recurs on days of the week. An [`Occurrence`] lasts from the first to the last moment at
//! which a clock in the window's time zone shows a time inside the window. If clocks are put forward over its start or
//! its end, it starts or ends at that moment. If they are put back inside the window, it is longer by as much. It does not
//! occur on a day on which clocks skip all of it. Time zones come from the compiled-in database, so all machines agree.

mod fields;
mod window;
mod zone;

use std::{ops::Range, sync::Arc};

use jiff::Timestamp;

pub(crate) use fields::parse;
use window::Window;

/// All maintenance windows of a target. Cheap to clone.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Maintenance(Arc<[Window]>);

/// One occurrence of a window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Occurrence {
    /// The first moment inside.
    pub start: Timestamp,
    /// The first moment after it, later than `start`.
    pub end: Timestamp,
    /// The reason: one line of text, without passwords.
    pub reason: Option<Arc<str>>,
}

impl Occurrence {
    /// Returns whether the occurrence contains this moment.
    pub fn contains(&self, at: Timestamp) -> bool {
        self.start <= at && at < self.end
    }
}

impl Maintenance {
    /// Returns whether there is no window.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the occurrence that contains this moment. If there are several, returns the one that ends last.
    pub fn active(&self, at: Timestamp) -> Option<Occurrence> {
        let active = self.0.iter().filter_map(|window| {
            window
                .occurrences(at)
                .next()
                .filter(|occurrence| occurrence.contains(at))
        });
        active.max_by_key(|occurrence| occurrence.end)
    }

    /// Returns the first occurrence that starts after this moment.
    pub fn next_after(&self, at: Timestamp) -> Option<Occurrence> {
        let next = self.0.iter().filter_map(|window| {
            window
                .occurrences(at)
                .find(|occurrence| occurrence.start > at)
        });
        next.min_by_key(|occurrence| (occurrence.start, occurrence.end))
    }

    /// Returns the occurrences that overlap with `range`, uncut, ordered by their start. Only occurrences of different
    /// windows can overlap each other. The iterator is lazy, so the first few of a long range are cheap.
    pub fn occurrences(&self, range: Range<Timestamp>) -> impl Iterator<Item = Occurrence> {
        let mut windows: Vec<_> = self
            .0
            .iter()
            .map(|window| window.occurrences(range.start).peekable())
            .collect();
        std::iter::from_fn(move || {
            let heads = windows.iter_mut().enumerate();
            let first = heads.filter_map(|(index, window)| {
                let head = window.peek()?;
                (head.start < range.end).then_some((head.start, head.end, index))
            });
            let (.., index) = first.min()?;
            windows.get_mut(index)?.next()
        })
    }
}
