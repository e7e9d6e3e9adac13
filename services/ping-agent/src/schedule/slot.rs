//! A target's slot: the offset within its interval at which it is probed.

use std::time::Duration;

use super::clock::micros;
use super::{Micros, TICK};
use crate::hash::stable_hash;

/// The times `phase` + n × `interval` since 1970. They depend only on the target's name and interval, so a target keeps its
/// slot over restarts and changes of other targets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Slot {
    interval: Micros,
    phase: Micros,
}

impl Slot {
    /// Returns the slot of the target of this name. Phases are multiples of a tick, spread evenly over the interval.
    pub(crate) fn of(name: &str, interval: Duration) -> Self {
        let interval = micros(interval).max(1);
        let phase = offset(name, interval);
        Self {
            interval,
            phase: phase - phase % TICK,
        }
    }

    /// Returns the time between two starts.
    pub(crate) fn interval(self) -> Micros {
        self.interval
    }

    /// Returns the first time of the slot that is not before `at`.
    pub(crate) fn at_or_after(self, at: Micros) -> Micros {
        self.phase + at.saturating_sub(self.phase).div_ceil(self.interval) * self.interval
    }
}

/// Maps the name to `0..whole` by the high bits of its hash. Shards use the low bits.
pub(crate) fn offset(name: &str, whole: Micros) -> Micros {
    let offset = (u128::from(stable_hash(name)) * u128::from(whole)) >> 64;
    Micros::try_from(offset).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Micros = 1_000_000;

    #[test]
    fn the_starts_of_many_targets_are_spread_evenly_over_the_interval() {
        let interval = Duration::from_secs(10);
        let mut starts = vec![0_u32; 100];
        for target in 0..10_000 {
            let slot = Slot::of(&format!("http://10.0.0.1:8080/health/{target}"), interval);
            starts[usize::try_from(slot.phase / (SECOND / 10)).unwrap()] += 1;
        }
        // 100 in each tenth of a second. The standard deviation of a fair draw is 10; 50 practically never happens.
        assert!(
            starts.iter().all(|starts| (50..=150).contains(starts)),
            "{starts:?}"
        );
    }

    #[test]
    fn a_slot_comes_once_an_interval() {
        let slot = Slot::of("https://example.com", Duration::from_secs(15));
        let first = slot.at_or_after(1_800_000_000 * SECOND);
        assert_eq!(slot.at_or_after(first), first);
        assert_eq!(slot.at_or_after(first + 1), first + 15 * SECOND);
        assert_eq!(slot.at_or_after(first - 14 * SECOND), first);
        assert_eq!(first % TICK, 0);
    }

    #[test]
    fn an_interval_that_is_no_multiple_of_a_tick_is_kept_exactly() {
        let slot = Slot::of("x", Duration::from_micros(333_333));
        let first = slot.at_or_after(SECOND);
        assert_eq!(slot.at_or_after(first + 1) - first, 333_333);
    }
}
