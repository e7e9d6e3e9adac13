//! A hashed timing wheel: what is due at a tick is found without looking at anything else.
//!
//! Source: Varghese and Lauck, "Hashed and Hierarchical Timing Wheels" (1987), scheme 6.

/// Ticks in one turn. At 25 ms a tick that is 102 s, so that all but unusually long intervals are met once.
const BUCKETS: u64 = 4096;

/// Items that become due at ticks.
#[derive(Debug)]
pub(crate) struct Wheel<T> {
    /// Items by their tick modulo [`BUCKETS`]; those of later turns wait among the others.
    buckets: Vec<Vec<(u64, T)>>,
    /// The first tick that has not been taken.
    next: u64,
    len: usize,
}

impl<T> Wheel<T> {
    /// An empty wheel that stands at `now`.
    pub(crate) fn new(now: u64) -> Self {
        Self {
            buckets: (0..BUCKETS).map(|_| Vec::new()).collect(),
            next: now,
            len: 0,
        }
    }

    /// Adds an item. One whose tick is taken already becomes due at the next.
    pub(crate) fn insert(&mut self, tick: u64, item: T) {
        let tick = tick.max(self.next);
        if let Some(bucket) = self.buckets.get_mut(index(tick)) {
            bucket.push((tick, item));
            self.len += 1;
        }
    }

    /// Takes out everything that is due at `now` or before, the earliest first.
    pub(crate) fn take_due(&mut self, now: u64) -> Vec<T> {
        let mut due = Vec::new();
        // After a long stall one turn meets every bucket.
        for tick in self.next..=now.min(self.next + (BUCKETS - 1)) {
            if let Some(bucket) = self.buckets.get_mut(index(tick)) {
                due.extend(bucket.extract_if(.., |(tick, _)| *tick <= now));
            }
        }
        self.next = self.next.max(now + 1);
        self.len -= due.len();
        due.sort_by_key(|(tick, _)| *tick);
        due.into_iter().map(|(_, item)| item).collect()
    }

    /// Takes out everything.
    pub(crate) fn take_all(&mut self) -> Vec<T> {
        self.len = 0;
        self.buckets
            .iter_mut()
            .flat_map(std::mem::take)
            .map(|(_, item)| item)
            .collect()
    }

    /// The next tick at which to look: the first with something due, at most one turn away. `None` when empty.
    pub(crate) fn wake_at(&self) -> Option<u64> {
        let is_due = |tick: &u64| {
            let bucket = self.buckets.get(index(*tick));
            bucket.is_some_and(|bucket| bucket.iter().any(|(due, _)| due == tick))
        };
        let end_of_turn = self.next + BUCKETS;
        (self.len > 0).then(|| (self.next..end_of_turn).find(is_due).unwrap_or(end_of_turn))
    }
}

fn index(tick: u64) -> usize {
    usize::try_from(tick % BUCKETS).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Against a sorted list: nothing is lost, early, or out of order, whatever the steps of time.
        #[test]
        fn everything_comes_out_once_and_at_its_tick(
            ticks in prop::collection::vec(0_u64..20_000, 0..60),
            steps in prop::collection::vec(1_u64..9_000, 0..20),
        ) {
            let mut wheel = Wheel::new(0);
            for &tick in &ticks {
                wheel.insert(tick, tick);
            }
            let mut waiting = ticks;
            waiting.sort_unstable();
            let mut now = 0;
            for step in steps {
                now += step;
                let due: Vec<_> = waiting.extract_if(.., |tick| *tick <= now).collect();
                prop_assert_eq!(wheel.take_due(now), due);
            }
            let mut rest = wheel.take_all();
            rest.sort_unstable();
            prop_assert_eq!(rest, waiting);
        }

        /// Sleeping until `wake_at` each time misses nothing.
        #[test]
        fn it_wakes_at_exactly_the_ticks_that_have_something(
            ticks in prop::collection::btree_set(0_u64..20_000, 1..40),
        ) {
            let mut wheel = Wheel::new(0);
            for &tick in &ticks {
                wheel.insert(tick, tick);
            }
            let mut met = Vec::new();
            while let Some(wake) = wheel.wake_at() {
                let due = wheel.take_due(wake);
                prop_assert!(due.iter().all(|tick| *tick == wake));
                met.extend(due);
            }
            prop_assert_eq!(met, ticks.into_iter().collect::<Vec<_>>());
        }
    }

    #[test]
    fn what_comes_too_late_for_its_tick_is_due_at_the_next() {
        let mut wheel = Wheel::new(100);
        wheel.insert(7, "late");
        assert_eq!(wheel.wake_at(), Some(100));
        assert_eq!(wheel.take_due(100), ["late"]);
        assert_eq!(wheel.wake_at(), None);
    }
}
