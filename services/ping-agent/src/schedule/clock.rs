//! The time of the schedule.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::time::Instant;

use super::Micros;

/// Set by the wall clock once, so that slots are the same after a restart, and steady from then on: a clock that is put
/// back or forward makes no probe double or missed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock {
    origin: Instant,
    /// The wall clock at `origin`.
    set_to: Micros,
}

impl Clock {
    /// Starts with the time of day.
    pub(crate) fn of_the_system() -> Self {
        let since_1970 = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        Self::set_to(micros(since_1970))
    }

    /// Starts with this time.
    pub(crate) fn set_to(now: Micros) -> Self {
        Self {
            origin: Instant::now(),
            set_to: now,
        }
    }

    /// The time now.
    pub(crate) fn now(&self) -> Micros {
        self.set_to + micros(self.origin.elapsed())
    }

    /// When this time is reached.
    pub(crate) fn instant(&self, at: Micros) -> Instant {
        self.origin + Duration::from_micros(at.saturating_sub(self.set_to))
    }
}

/// In whole microseconds.
pub(crate) fn micros(duration: Duration) -> Micros {
    Micros::try_from(duration.as_micros()).unwrap_or(Micros::MAX)
}
