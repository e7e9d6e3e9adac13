//! The maintenance state of a target.

use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;
use targets::Maintenance;

/// Caches whether a target is in maintenance until a window starts or ends. Otherwise every probe and every scrape would
/// look up time zones, which takes about a microsecond a window.
#[derive(Debug, Default)]
pub(crate) struct MaintenanceState(Mutex<Period>);

#[derive(Debug, Default)]
struct Period {
    in_maintenance: bool,
    /// From the time of the query until the state changes.
    during: Range<Timestamp>,
}

impl MaintenanceState {
    /// Returns whether `at` is inside one of these windows. Each call must pass the same windows.
    pub(crate) fn in_maintenance(&self, windows: &Maintenance, at: Timestamp) -> bool {
        if windows.is_empty() {
            return false;
        }
        let mut period = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !period.during.contains(&at) {
            *period = Period::at(windows, at);
        }
        period.in_maintenance
    }
}

impl Period {
    fn at(windows: &Maintenance, at: Timestamp) -> Self {
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
