//! Maintenance: when a target's probes do not count.
//!
//! A window is once, or comes again on days of the week. Each time it comes is an [`Occurrence`]. It lasts from the first
//! to the last moment at which a clock in the window's time zone shows a time inside it. So where clocks are put forward
//! over its start or its end, that is the moment at which they are; where they are put back inside it, it is longer by as
//! much; and it does not come on a day on which clocks skip it. Time zones are those of the database compiled in, so that
//! every machine agrees on them.

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

/// One time that a window comes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Occurrence {
    /// The first moment inside.
    pub start: Timestamp,
    /// The first moment after it; later than `start`.
    pub end: Timestamp,
    /// The reason, for people: one line of text, without passwords.
    pub reason: Option<Arc<str>>,
}

impl Occurrence {
    /// Returns whether this moment is inside.
    pub fn contains(&self, at: Timestamp) -> bool {
        self.start <= at && at < self.end
    }
}

impl Maintenance {
    /// Returns whether there is no window at all.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The occurrence that this moment is inside; of several, the one that ends last.
    pub fn active(&self, at: Timestamp) -> Option<Occurrence> {
        let active = self.0.iter().filter_map(|window| {
            window
                .occurrences(at)
                .next()
                .filter(|occurrence| occurrence.contains(at))
        });
        active.max_by_key(|occurrence| occurrence.end)
    }

    /// The first occurrence that starts after this moment.
    pub fn next_after(&self, at: Timestamp) -> Option<Occurrence> {
        let next = self.0.iter().filter_map(|window| {
            window
                .occurrences(at)
                .find(|occurrence| occurrence.start > at)
        });
        next.min_by_key(|occurrence| (occurrence.start, occurrence.end))
    }

    /// The occurrences that overlap with `range`, whole, by their start. Those of one window never overlap, those of two
    /// may. Found one at a time, so that the first few of a long range are cheap.
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
