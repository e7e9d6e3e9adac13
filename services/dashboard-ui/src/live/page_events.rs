//! The events of open pages: one event log for each range, because rows differ by range.
//!
//! A log without subscribers is cleared and gets no events. A page that reconnects to it receives `reset`.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::response::Response;
use gateway_api::history::Range;
use service_kit::Limit;
use service_kit::event_log::{Event, EventLog, TooManySubscribers};
use tokio::time::Instant;

/// The maximum number of open pages, if there are enough connections.
pub(crate) const OPEN_PAGES_MAX: usize = 1_000;

/// How long a new page has to subscribe, and a disconnected one to reconnect.
const ACTIVE_FOR: Duration = Duration::from_secs(60);

/// The event logs of all ranges.
#[derive(Debug)]
pub(crate) struct PageEvents([(Range, RangeLog); Range::ALL.len()]);

#[derive(Debug)]
struct RangeLog {
    events: Arc<EventLog>,
    active_until: Mutex<Option<Instant>>,
}

impl PageEvents {
    /// Creates empty logs. Every open page counts against `open_pages`.
    pub(crate) fn new(open_pages: &Limit) -> Self {
        let log = || RangeLog {
            events: Arc::new(EventLog::new(open_pages.clone())),
            active_until: Mutex::default(),
        };
        Self(Range::ALL.map(|(_, range)| (range, log())))
    }

    fn log(&self, range: Range) -> &RangeLog {
        let [(_, first), rest @ ..] = &self.0;
        let log = rest.iter().find(|(it, _)| *it == range);
        log.map_or(first, |(_, log)| log)
    }

    /// Returns the id of the newest event, for a new page that subscribes to all later events.
    pub(crate) fn position_for_page(&self, range: Range) -> String {
        let log = self.log(range);
        log.is_active(true);
        log.events.position()
    }

    /// Returns the id of the newest event.
    pub(crate) fn position(&self, range: Range) -> String {
        self.log(range).events.position()
    }

    /// Returns the ranges with open pages, and clears the logs of the others.
    pub(crate) fn active_ranges(&self) -> Vec<Range> {
        let active = self.0.iter().filter(|(_, log)| log.is_active(false));
        active.map(|(range, _)| *range).collect()
    }

    /// Publishes an event to all pages of a range.
    pub(crate) fn publish(&self, range: Range, event: Event) {
        self.log(range).events.publish(&[event]);
    }

    /// Returns the event stream of a range, from the event after the one with the id `last`.
    pub(crate) fn response(
        &self,
        range: Range,
        last: Option<&str>,
    ) -> Result<Response, TooManySubscribers> {
        let log = self.log(range);
        log.is_active(true);
        log.events.response(last)
    }

    /// Closes all streams, so that their connections do not delay a shutdown.
    pub(crate) fn close(&self) {
        for (_, log) in &self.0 {
            log.events.close();
        }
    }
}

impl RangeLog {
    /// Returns whether the log has subscribers, or had any or a new page within [`ACTIVE_FOR`]. Clears a log that
    /// became inactive.
    fn is_active(&self, by_new_page: bool) -> bool {
        let mut active_until = self
            .active_until
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        if by_new_page || self.events.has_subscribers() {
            *active_until = Some(now + ACTIVE_FOR);
        }
        let is_active = active_until.is_some_and(|until| now < until);
        if !is_active && active_until.take().is_some() {
            self.events.clear();
        }
        is_active
    }
}

#[cfg(test)]
mod tests;
