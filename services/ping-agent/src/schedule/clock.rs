//! The schedule's clock.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use jiff::Timestamp;
use tokio::time::Instant;

use super::Micros;

/// A smaller difference between the wall clock and this clock is ignored: they are read one after the other, and a slot at
/// the exact start of a maintenance window must count as inside it.
const SKEW: Micros = 1_000_000;

/// A monotonic clock that starts at the wall clock's time, so that slots are the same after a restart. A wall clock that is
/// set back or forward causes neither double nor missed probes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock {
    origin: Instant,
    /// The wall clock at `origin`.
    start: Micros,
    /// Reads the wall clock. `None` in tests: the wall clock then agrees with this clock.
    wall: Option<fn() -> Micros>,
}

impl Clock {
    /// Creates a clock that starts at the system's time.
    pub(crate) fn system() -> Self {
        Self {
            wall: Some(wall_clock),
            ..Self::starting_at(wall_clock())
        }
    }

    /// Creates a clock that starts at this time.
    pub(crate) fn starting_at(now: Micros) -> Self {
        Self {
            origin: Instant::now(),
            start: now,
            wall: None,
        }
    }

    /// Returns the current time.
    pub(crate) fn now(&self) -> Micros {
        self.start + micros(self.origin.elapsed())
    }

    /// Converts a time of the schedule to wall-clock time. The result jumps when the wall clock is set or the machine has
    /// been suspended.
    pub(crate) fn wall_time(&self, at: Micros) -> Timestamp {
        let now = self.now();
        let shown = match self.wall.map(|wall| wall()) {
            Some(wall) if wall.abs_diff(now) >= SKEW => at.saturating_add(wall).saturating_sub(now),
            _ => at,
        };
        i64::try_from(shown)
            .ok()
            .and_then(|shown| Timestamp::from_microsecond(shown).ok())
            .unwrap_or(Timestamp::MAX)
    }

    /// Returns the instant at which this clock reaches `at`.
    pub(crate) fn instant(&self, at: Micros) -> Instant {
        self.origin + Duration::from_micros(at.saturating_sub(self.start))
    }
}

fn wall_clock() -> Micros {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH);
    micros(since_1970.unwrap_or_default())
}

/// Converts a duration to whole microseconds.
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
    async fn a_wall_clock_that_is_set_moves_wall_time_but_no_slot() {
        let shown = |wall: fn() -> Micros| {
            let clock = Clock {
                wall: Some(wall),
                ..Clock::starting_at(NOW)
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
    async fn the_system_clock_follows_the_wall_clock() {
        let clock = Clock::system();
        let shown = clock.wall_time(clock.now());
        let minute = SignedDuration::from_mins(1);
        assert!(shown.duration_until(Timestamp::now()).abs() < minute);
    }
}
