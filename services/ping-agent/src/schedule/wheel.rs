//! A hashed timing wheel: finds the items that are due at a tick without a search through all others.
//!
//! Source: Varghese and Lauck, "Hashed and Hierarchical Timing Wheels" (1987), scheme 6.

/// Ticks in one turn of the wheel: 102 s at 25 ms a tick, so that an item of a usual interval is visited only once.
const BUCKETS: u64 = 4096;

/// Items that become due at ticks.
#[derive(Debug)]
pub(crate) struct Wheel<T> {
    /// Items by their tick modulo [`BUCKETS`], including those of later turns.
    buckets: Vec<Vec<(u64, T)>>,
    /// The first tick whose items were not removed yet.
    next: u64,
    len: usize,
}

impl<T> Wheel<T> {
    /// Creates an empty wheel at the tick `now`.
    pub(crate) fn new(now: u64) -> Self {
        Self {
            buckets: (0..BUCKETS).map(|_| Vec::new()).collect(),
            next: now,
            len: 0,
        }
    }

    /// Adds an item. If its tick has passed, it is due at the next tick.
    pub(crate) fn insert(&mut self, tick: u64, item: T) {
        let tick = tick.max(self.next);
        if let Some(bucket) = self.buckets.get_mut(index(tick)) {
            bucket.push((tick, item));
            self.len += 1;
        }
    }

    /// Removes and returns all items that are due at `now` or before, earliest first.
    pub(crate) fn pop_due(&mut self, now: u64) -> Vec<T> {
        let mut due = Vec::new();
        // After a long stall, one turn visits every bucket.
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

    /// Removes and returns all items.
    pub(crate) fn drain(&mut self) -> Vec<T> {
        self.len = 0;
        self.buckets
            .iter_mut()
            .flat_map(std::mem::take)
            .map(|(_, item)| item)
            .collect()
    }

    /// Returns the tick for the next [`Wheel::pop_due`]: the first with an item, at most a turn ahead; `None` if empty.
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
        /// Compares the wheel with a sorted list: for random time steps no item is lost, early or out of order.
        #[test]
        fn every_item_is_returned_once_and_at_its_tick(
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
                prop_assert_eq!(wheel.pop_due(now), due);
            }
            let mut rest = wheel.drain();
            rest.sort_unstable();
            prop_assert_eq!(rest, waiting);
        }

        /// Checks that sleeping until `wake_at` each time misses no item.
        #[test]
        fn wake_at_returns_exactly_the_ticks_with_items(
            ticks in prop::collection::btree_set(0_u64..20_000, 1..40),
        ) {
            let mut wheel = Wheel::new(0);
            for &tick in &ticks {
                wheel.insert(tick, tick);
            }
            let mut popped = Vec::new();
            while let Some(wake) = wheel.wake_at() {
                let due = wheel.pop_due(wake);
                prop_assert!(due.iter().all(|tick| *tick == wake));
                popped.extend(due);
            }
            prop_assert_eq!(popped, ticks.into_iter().collect::<Vec<_>>());
        }
    }

    #[test]
    fn an_item_whose_tick_has_passed_is_due_at_the_next_tick() {
        let mut wheel = Wheel::new(100);
        wheel.insert(7, "late");
        assert_eq!(wheel.wake_at(), Some(100));
        assert_eq!(wheel.pop_due(100), ["late"]);
        assert_eq!(wheel.wake_at(), None);
    }
}
