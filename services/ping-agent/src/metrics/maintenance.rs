//! Whether a target is in maintenance.

use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;
use targets::Maintenance;

/// What is known of one target. It stays as it is until a window starts or ends; so time zones are looked into then, which
/// takes about a microsecond a window, and not at every probe and every scrape.
#[derive(Debug, Default)]
pub(crate) struct Standing(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    in_maintenance: bool,
    /// The time for which this is known.
    during: Range<Timestamp>,
}

impl Standing {
    /// Whether this moment is inside one of these windows, which must be the same every time.
    pub(crate) fn in_maintenance(&self, windows: &Maintenance, at: Timestamp) -> bool {
        if windows.is_empty() {
            return false;
        }
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !known.during.contains(&at) {
            *known = Known::of(windows, at);
        }
        known.in_maintenance
    }
}

impl Known {
    fn of(windows: &Maintenance, at: Timestamp) -> Self {
        let active = windows.active(at);
        let until = match &active {
            Some(occurrence) => occurrence.end,
            None => windows
                .next_after(at)
                .map_or(Timestamp::MAX, |next| next.start),
        };
        Self {
            in_maintenance: active.is_some(),
            during: at..until,
        }
    }
}
