//! The time of the schedule.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use jiff::Timestamp;
use tokio::time::Instant;

use super::Micros;

/// By less than this the wall clock and the schedule's are not apart: they are read one after the other, and a slot at the
/// very start of a window has to be inside it.
const SAME: Micros = 1_000_000;

/// Set by the wall clock once, so that slots are the same after a restart, and steady from then on: a clock that is put
/// back or forward makes no probe double or missed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock {
    origin: Instant,
    /// The wall clock at `origin`.
    set_to: Micros,
    /// Reads the wall clock; without it, that is as steady as this one.
    wall: Option<fn() -> Micros>,
}

impl Clock {
    /// Starts with the time of day.
    pub(crate) fn of_the_system() -> Self {
        Self {
            wall: Some(wall_clock),
            ..Self::set_to(wall_clock())
        }
    }

    /// Starts with this time.
    pub(crate) fn set_to(now: Micros) -> Self {
        Self {
            origin: Instant::now(),
            set_to: now,
            wall: None,
        }
    }

    /// The time now.
    pub(crate) fn now(&self) -> Micros {
        self.set_to + micros(self.origin.elapsed())
    }

    /// Returns the time that the wall clock shows at this time of the schedule. It jumps when the clock is put right or the
    /// machine has slept.
    pub(crate) fn wall_time(&self, at: Micros) -> Timestamp {
        let now = self.now();
        let shown = match self.wall.map(|wall| wall()) {
            Some(wall) if wall.abs_diff(now) >= SAME => at.saturating_add(wall).saturating_sub(now),
            _ => at,
        };
        i64::try_from(shown)
            .ok()
            .and_then(|shown| Timestamp::from_microsecond(shown).ok())
            .unwrap_or(Timestamp::MAX)
    }

    /// Returns when this time is reached.
    pub(crate) fn instant(&self, at: Micros) -> Instant {
        self.origin + Duration::from_micros(at.saturating_sub(self.set_to))
    }
}

fn wall_clock() -> Micros {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH);
    micros(since_1970.unwrap_or_default())
}

/// In whole microseconds.
pub(crate) fn micros(duration: Duration) -> Micros {
    Micros::try_from(duration.as_micros()).unwrap_or(Micros::MAX)
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;

    const SECOND: Micros = 1_000_000;
    const NOW: Micros = 1_800_000_000 * SECOND;

    #[tokio::test(start_paused = true)]
    async fn a_wall_clock_that_is_put_right_moves_the_time_of_day_and_no_slot() {
        let shown = |wall: fn() -> Micros| {
            let clock = Clock {
                wall: Some(wall),
                ..Clock::set_to(NOW)
            };
            assert_eq!(clock.now(), NOW);
            clock.wall_time(NOW + 5 * SECOND).to_string()
        };
        assert_eq!(shown(|| NOW), "2027-01-15T08:00:05Z");
        assert_eq!(shown(|| NOW + SECOND - 1), "2027-01-15T08:00:05Z");
        assert_eq!(shown(|| NOW - SECOND + 1), "2027-01-15T08:00:05Z");
        assert_eq!(shown(|| NOW + 3_600 * SECOND), "2027-01-15T09:00:05Z");
        assert_eq!(shown(|| NOW - 3_600 * SECOND), "2027-01-15T07:00:05Z");
        assert_eq!(shown(|| Micros::MAX), Timestamp::MAX.to_string());
    }

    #[tokio::test(start_paused = true)]
    async fn the_clock_of_the_system_follows_the_wall_clock() {
        let clock = Clock::of_the_system();
        let shown = clock.wall_time(clock.now());
        let minute = SignedDuration::from_mins(1);
        assert!(shown.duration_until(Timestamp::now()).abs() < minute);
    }
}
