//! The next start of every target.

use std::collections::HashMap;
use std::sync::Arc;

use tokio::task::JoinHandle;

use super::clock::micros;
use super::slot::{Slot, share};
use super::wheel::Wheel;
use super::{Micros, TICK};
use crate::metrics::TargetSeries;

/// A start that comes later than this counts as missed: the target waits for its next slot. After a stall the starts
/// therefore spread out again by themselves, where making up for all at once would be a stampede.
const LATEST: Micros = 1_000_000;

/// The first probes of new targets are made ahead of their slots, after a moment for what starts beside the agent …
const FIRST_AFTER: Micros = 500_000;

/// … over this long, or at one a millisecond where they are many: the pace the agent is built for.
const FIRST_WITHIN: Micros = 1_000_000;
const FIRST_PACE: Micros = 1_000;

/// A target in the plan.
pub(crate) struct Entry {
    /// The target with its counters.
    pub(crate) series: Arc<TargetSeries>,
    /// The probe that was started last.
    pub(crate) probe: Option<JoinHandle<()>>,
    slot: Slot,
    /// The next start.
    due: Micros,
}

/// The decision about a target that is due.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Turn {
    /// The slot for which to start a probe now; `None` when it is too late for that.
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

    /// Plans for these targets from now on. A target that was there before, by its name, keeps its slot unless its
    /// interval has changed; a new one gets a first probe soon.
    pub(crate) fn replace(&mut self, targets: &[Arc<TargetSeries>], now: Micros) {
        let mut known: HashMap<Arc<str>, Entry> = self
            .wheel
            .take_all()
            .into_iter()
            .map(|entry| (Arc::clone(&entry.series.target().name), entry))
            .collect();
        let new = targets
            .iter()
            .filter(|series| !known.contains_key(&series.target().name))
            .count();
        let first_within =
            FIRST_WITHIN.max(FIRST_PACE * Micros::try_from(new).unwrap_or(Micros::MAX));
        for series in targets {
            let series = Arc::clone(series);
            let entry = match known.remove(&series.target().name) {
                Some(entry) => entry.updated(series, now),
                None => Entry::new(series, now, first_within),
            };
            self.insert(entry);
        }
    }

    /// Hands every target that is due to `visit` and plans its next start.
    pub(crate) fn advance(&mut self, now: Micros, mut visit: impl FnMut(&mut Entry, Turn)) {
        for mut entry in self.wheel.take_due(now / TICK) {
            let turn = entry.turn(now);
            visit(&mut entry, turn);
            self.insert(entry);
        }
    }

    /// Returns when to call [`Plan::advance`] next; never without targets.
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
        let soon = (now + FIRST_AFTER + share(&target.name, first_within)).next_multiple_of(TICK);
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
        // A probe in flight has ended by then.
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

    /// Decides on the start that is due, and moves on to the next one.
    fn turn(&mut self, now: Micros) -> Turn {
        // A first probe stands in for a slot that comes before it has ended. Otherwise this is the next slot, because a
        // target's timeout is below its interval.
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
        if now.saturating_sub(latest) > LATEST {
            Turn {
                start: None,
                missed: passed + 1,
            }
        } else {
            Turn {
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
        /// Whatever the interval and however unevenly time passes: every slot is either made or missed, and a start is
        /// never early, nor later than allowed, nor before the previous probe can have ended if both were in time.
        #[test]
        fn every_slot_is_made_or_missed(
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
            let (mut turns, mut first) = (0, None);
            for step in steps {
                let until = now + step;
                // As the runner does: wake where something is due, and at the end of the step.
                while now < until {
                    now = plan.wake_at().map_or(until, |wake| wake.clamp(now + 1, until));
                    plan.advance(now, |entry, turn| {
                        turns += turn.missed + u64::from(turn.start.is_some());
                        if let Some(start) = turn.start {
                            assert!(start <= now && now - start <= LATEST);
                            first.get_or_insert(start);
                        }
                        assert!(entry.due > now);
                    });
                }
            }
            if let Some(first) = first {
                let following = slot.at_or_after(first + micros(timeout).max(1));
                // A slot counts once its tick is there.
                let seen = now / TICK * TICK;
                let slots = seen.checked_sub(following).map_or(0, |passed| 1 + passed / micros(interval));
                prop_assert_eq!(turns, 1 + slots);
            }
        }
    }
}
