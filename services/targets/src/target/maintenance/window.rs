//! A maintenance window and its occurrences.

use std::sync::Arc;

use jiff::{
    Span, Timestamp,
    civil::{Date, Time, Weekday},
    tz::TimeZone,
};

use super::{
    Occurrence,
    zone::{first, up_to},
};

/// A window and the reason for it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Window {
    pub(super) schedule: Schedule,
    pub(super) reason: Option<Arc<str>>,
}

/// The times at which a window occurs.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Schedule {
    /// From `start` to before `end`, which is later.
    Once {
        start: Timestamp,
        end: Timestamp,
    },
    Recurring(Recurring),
}

/// The schedule of a window that recurs on certain days.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Recurring {
    pub(super) zone: TimeZone,
    /// The days on which it starts.
    pub(super) days: Days,
    pub(super) start: Time,
    /// On the next day, if it is not later than `start`.
    pub(super) end: Time,
}

/// Days of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Days(u8);

impl Days {
    pub(super) const NONE: Self = Self(0);
    pub(super) const ALL: Self = Self(0b111_1111);

    pub(super) fn with(self, day: Weekday) -> Self {
        Self(self.0 | Self::bit(day))
    }

    fn contains(self, day: Weekday) -> bool {
        self.0 & Self::bit(day) != 0
    }

    fn bit(day: Weekday) -> u8 {
        1 << day.to_monday_zero_offset()
    }
}

impl Window {
    /// Returns the occurrences that end after this moment, in order.
    pub(super) fn occurrences(&self, after: Timestamp) -> impl Iterator<Item = Occurrence> {
        let (once, recurring) = match &self.schedule {
            Schedule::Once { start, end } => (Some((*start, *end)), None),
            Schedule::Recurring(recurring) => (None, Some(recurring.occurrences(after))),
        };
        once.into_iter()
            .chain(recurring.into_iter().flatten())
            .filter(move |(_, end)| *end > after)
            .map(|(start, end)| Occurrence {
                start,
                end,
                reason: self.reason.clone(),
            })
    }
}

impl Recurring {
    /// Returns the occurrences, beginning with the first that can end after this moment.
    fn occurrences(&self, after: Timestamp) -> impl Iterator<Item = (Timestamp, Timestamp)> {
        // If clocks are put back just after midnight, an occurrence that ends before midnight is not over yet. So start
        // with the day before yesterday, whose occurrence may end yesterday.
        let today = self.zone.to_datetime(after).date();
        let first = today.checked_sub(Span::new().days(2)).unwrap_or(today);
        std::iter::successors(Some(first), |day| day.tomorrow().ok())
            .filter_map(|day| self.occurrence(day))
    }

    /// Returns the occurrence that starts on this day.
    fn occurrence(&self, day: Date) -> Option<(Timestamp, Timestamp)> {
        let (start, end) = self.times(day)?;
        // If clocks are put back between an end and the next start, both occurrences get longer. They must not overlap.
        let before = day.yesterday().ok().and_then(|day| self.times(day));
        let start = before.map_or(start, |(_, end)| start.max(end));
        (start < end).then_some((start, end))
    }

    /// Returns the start and the end of this day's occurrence, regardless of the other days.
    fn times(&self, day: Date) -> Option<(Timestamp, Timestamp)> {
        if !self.days.contains(day.weekday()) {
            return None;
        }
        let last = if self.end > self.start {
            day
        } else {
            day.tomorrow().ok()?
        };
        let start = first(&self.zone, day.to_datetime(self.start))?;
        let end = up_to(&self.zone, last.to_datetime(self.end))?;
        Some((start, end))
    }
}
