//! The events of open pages: an event log for each range, since rows differ by it.
//!
//! A log that nobody follows costs nothing: it is cleared, and a page that comes back to it is told to start anew.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::response::Response;
use gateway_api::history::Range;
use service_kit::Limit;
use service_kit::event_log::{Event, EventLog, TooManySubscribers};
use tokio::time::Instant;

/// The most pages that are open at the same time, if there are as many connections.
pub(crate) const OPEN_PAGES_MAX: usize = 1_000;

/// How long a new page may take to ask for its events, and a lost one to come back.
const WANTED_FOR: Duration = Duration::from_secs(60);

/// The event logs of all ranges.
#[derive(Debug)]
pub(crate) struct PageEvents([(Range, RangeLog); Range::ALL.len()]);

#[derive(Debug)]
struct RangeLog {
    events: Arc<EventLog>,
    wanted_until: Mutex<Option<Instant>>,
}

impl PageEvents {
    /// Empty logs. Every open page takes one of `seats`.
    pub(crate) fn new(seats: &Limit) -> Self {
        let log = || RangeLog {
            events: Arc::new(EventLog::new(seats.clone())),
            wanted_until: Mutex::default(),
        };
        Self(Range::ALL.map(|(_, range)| (range, log())))
    }

    fn log(&self, range: Range) -> &RangeLog {
        let [(_, first), rest @ ..] = &self.0;
        let log = rest.iter().find(|(it, _)| *it == range);
        log.map_or(first, |(_, log)| log)
    }

    /// Returns the id of the newest event, for a page that is about to be made and follows everything after it.
    pub(crate) fn position_for_page(&self, range: Range) -> String {
        let log = self.log(range);
        log.is_wanted(true);
        log.events.position()
    }

    /// Returns the id of the newest event.
    pub(crate) fn position(&self, range: Range) -> String {
        self.log(range).events.position()
    }

    /// Returns the ranges that somebody looks at, and clears the logs of the others.
    pub(crate) fn wanted(&self) -> Vec<Range> {
        let wanted = self.0.iter().filter(|(_, log)| log.is_wanted(false));
        wanted.map(|(range, _)| *range).collect()
    }

    /// Sends an event to all pages of a range.
    pub(crate) fn publish(&self, range: Range, event: Event) {
        self.log(range).events.publish(&[event]);
    }

    /// Answers with the events of a range after the one with the id `last`.
    pub(crate) fn response(
        &self,
        range: Range,
        last: Option<&str>,
    ) -> Result<Response, TooManySubscribers> {
        let log = self.log(range);
        log.is_wanted(true);
        log.events.response(last)
    }

    /// Ends all streams, so that their connections do not hold up a shutdown.
    pub(crate) fn close(&self) {
        for (_, log) in &self.0 {
            log.events.close();
        }
    }
}

impl RangeLog {
    /// Returns whether a page follows the events, or may be about to. The first time that none does, the log is cleared.
    fn is_wanted(&self, by_new_page: bool) -> bool {
        let mut wanted_until = self
            .wanted_until
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        if by_new_page || self.events.has_subscribers() {
            *wanted_until = Some(now + WANTED_FOR);
        }
        let is_wanted = wanted_until.is_some_and(|until| now < until);
        if !is_wanted && wanted_until.take().is_some() {
            self.events.clear();
        }
        is_wanted
    }
}

#[cfg(test)]
mod tests;
