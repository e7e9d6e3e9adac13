//! The next start of every target.

use std::collections::HashMap;
use std::sync::Arc;

use tokio::task::JoinHandle;

use super::clock::micros;
use super::slot::{Slot, offset};
use super::wheel::Wheel;
use super::{Micros, TICK};
use crate::metrics::TargetSeries;

/// A probe that would start later than this counts as missed, and the target waits for its next slot. So starts stay spread
/// out after a stall; catching up on all of them would start them at once.
const MAX_DELAY: Micros = 1_000_000;

/// The delay of the first probes of new targets. They run ahead of their slots, but give services that start together with
/// the agent a moment.
const FIRST_AFTER: Micros = 500_000;

/// The time over which first probes are spread; for many targets it is longer, at [`FIRST_PACE`] for each.
const FIRST_WITHIN: Micros = 1_000_000;
/// The time for each first probe: 1 ms, the pace that the agent is built for.
const FIRST_PACE: Micros = 1_000;

/// A target in the plan.
pub(crate) struct Entry {
    /// The target and its counters.
    pub(crate) series: Arc<TargetSeries>,
    /// The most recently started probe.
    pub(crate) probe: Option<JoinHandle<()>>,
    slot: Slot,
    /// The next start.
    due: Micros,
}

/// The decision about a target that is due: start a probe, or count it as missed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Decision {
    /// The slot for which to start a probe now; `None` if it is too late.
    pub(crate) start: Option<Micros>,
    /// Slots that passed without a probe.
    pub(crate) missed: u64,
}

/// The next start of every target.
pub(crate) struct Plan {
    wheel: Wheel<Entry>,
}

impl Plan {
    pub(crate) fn new(now: Micros) -> Self {
        Self {
            wheel: Wheel::new(now / TICK),
        }
    }

    /// Replaces the targets. A target with a known name keeps its slot unless its interval has changed; the first probe of
    /// a new target is due soon.
    pub(crate) fn replace(&mut self, targets: &[Arc<TargetSeries>], now: Micros) {
        let mut by_name: HashMap<Arc<str>, Entry> = self
            .wheel
            .drain()
            .into_iter()
            .map(|entry| (Arc::clone(&entry.series.target().name), entry))
            .collect();
        let new = targets
            .iter()
            .filter(|series| !by_name.contains_key(&series.target().name))
            .count();
        let first_within =
            FIRST_WITHIN.max(FIRST_PACE * Micros::try_from(new).unwrap_or(Micros::MAX));
        for series in targets {
            let series = Arc::clone(series);
            let entry = match by_name.remove(&series.target().name) {
                Some(entry) => entry.updated(series, now),
                None => Entry::new(series, now, first_within),
            };
            self.insert(entry);
        }
    }

    /// Calls `visit` for every target that is due, and plans its next start.
    pub(crate) fn advance(&mut self, now: Micros, mut visit: impl FnMut(&mut Entry, Decision)) {
        for mut entry in self.wheel.pop_due(now / TICK) {
            let decision = entry.decide(now);
            visit(&mut entry, decision);
            self.insert(entry);
        }
    }

    /// Returns the time at which to call [`Plan::advance`] next; `None` without targets.
    pub(crate) fn wake_at(&self) -> Option<Micros> {
        self.wheel.wake_at().map(|tick| tick * TICK)
    }

    fn insert(&mut self, entry: Entry) {
        self.wheel.insert(entry.due.div_ceil(TICK), entry);
    }
}

impl Entry {
    fn new(series: Arc<TargetSeries>, now: Micros, first_within: Micros) -> Self {
        let target = series.target();
        let slot = Slot::of(&target.name, target.interval);
        let soon = (now + FIRST_AFTER + offset(&target.name, first_within)).next_multiple_of(TICK);
        Self {
            due: soon.min(slot.at_or_after(now)),
            series,
            probe: None,
            slot,
        }
    }

    fn updated(self, series: Arc<TargetSeries>, now: Micros) -> Self {
        let target = series.target();
        let slot = Slot::of(&target.name, target.interval);
        if slot == self.slot {
            return Self { series, ..self };
        }
        // The probe in flight ends before this time.
        let free = if self.is_running() {
            now + micros(self.series.target().timeout)
        } else {
            now
        };
        Self {
            due: slot.at_or_after(free),
            series,
            probe: self.probe,
            slot,
        }
    }

    /// Returns whether a probe is in flight.
    pub(crate) fn is_running(&self) -> bool {
        self.probe
            .as_ref()
            .is_some_and(|probe| !probe.is_finished())
    }

    /// Decides about the start that is due, and moves on to the next one.
    fn decide(&mut self, now: Micros) -> Decision {
        // A first probe replaces the probe of a slot that comes before it can have ended. Otherwise this is the next
        // slot, because a target's timeout is below its interval.
        let following = self
            .slot
            .at_or_after(self.due + micros(self.series.target().timeout).max(1));
        let interval = self.slot.interval();
        let (latest, passed) = match now.checked_sub(following) {
            None => (self.due, 0),
            Some(late) => (following + late / interval * interval, 1 + late / interval),
        };
        self.due = if passed == 0 {
            following
        } else {
            latest + interval
        };
        if now.saturating_sub(latest) > MAX_DELAY {
            Decision {
                start: None,
                missed: passed + 1,
            }
        } else {
            Decision {
                start: Some(latest),
                missed: passed,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;
    use targets::{Defaults, TargetSet};

    use super::*;
    use crate::metrics::SeriesTable;

    fn series(interval: Duration, timeout: Duration) -> Arc<[Arc<TargetSeries>]> {
        let toml = format!(
            "[[target]]\nname = 'x'\nurl = 'http://x'\ninterval_seconds = {}\ntimeout_seconds = {}",
            interval.as_secs_f64(),
            timeout.as_secs_f64(),
        );
        let set = TargetSet::parse_toml(&toml, &Defaults::default()).unwrap();
        SeriesTable::default().replace(set.iter())
    }

    proptest! {
        /// Checks random intervals and irregular wake-ups: every slot is either started or missed. A start is never early,
        /// nor later than allowed, nor before the previous probe can have ended if both were in time.
        #[test]
        fn every_slot_is_started_or_missed(
            interval_ms in 100_u64..20_000,
            timeout_percent in 10_u64..100,
            start in 0_u64..20_000_000,
            steps in prop::collection::vec(1_000_u64..30_000_000, 1..60),
        ) {
            let interval = Duration::from_millis(interval_ms);
            let timeout = interval.mul_f64(timeout_percent as f64 / 100.0).max(Duration::from_millis(10));
            let slot = Slot::of("x", interval);
            let mut now = 1_800_000_000_000_000 + start;
            let mut plan = Plan::new(now);
            plan.replace(&series(interval, timeout), now);
            let (mut decided, mut first) = (0, None);
            for step in steps {
                let until = now + step;
                // Wakes like the runner when a target is due, and at the end of the step.
                while now < until {
                    now = plan.wake_at().map_or(until, |wake| wake.clamp(now + 1, until));
                    plan.advance(now, |entry, decision| {
                        decided += decision.missed + u64::from(decision.start.is_some());
                        if let Some(start) = decision.start {
                            assert!(start <= now && now - start <= MAX_DELAY);
                            first.get_or_insert(start);
                        }
                        assert!(entry.due > now);
                    });
                }
            }
            if let Some(first) = first {
                let following = slot.at_or_after(first + micros(timeout).max(1));
                // A slot counts from its tick on.
                let tick = now / TICK * TICK;
                let slots = tick.checked_sub(following).map_or(0, |passed| 1 + passed / micros(interval));
                prop_assert_eq!(decided, 1 + slots);
            }
        }
    }
}
