//! Room for the next one: where a limit is used up, what has been held for the longest gives way.
//!
//! A limit that only refuses the next one can be used up by a single peer that holds on to all of it. Here such a peer
//! loses what it holds, and whoever is quick does not notice.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{Limit, Permit};

/// The values that hold a part of a limit, oldest first. Clones share them.
pub(crate) struct Yielding<T> {
    shared: Arc<Shared<T>>,
}

struct Shared<T> {
    limit: Limit,
    held: Mutex<Held<T>>,
    gave_way: fn(T),
}

struct Held<T> {
    next: u64,
    entries: BTreeMap<u64, (Permit, T)>,
}

impl<T> Yielding<T> {
    /// `gave_way` is called with everything that gives way.
    pub(crate) fn new(limit: Limit, gave_way: fn(T)) -> Self {
        let held = Mutex::new(Held {
            next: 0,
            entries: BTreeMap::new(),
        });
        Self {
            shared: Arc::new(Shared {
                limit,
                held,
                gave_way,
            }),
        }
    }

    /// Takes `amount`, for which others give way if need be. `None` if all that could is not enough.
    pub(crate) fn room(&self, amount: u32) -> Option<Permit> {
        self.shared.room(amount)
    }

    /// Holds a value that gives way when others need the room.
    pub(crate) fn hold(&self, permit: Permit, value: T) -> Place<T> {
        let mut held = self.shared.lock();
        let id = held.next;
        held.next += 1;
        held.entries.insert(id, (permit, value));
        drop(held);
        Place {
            id,
            shared: Arc::clone(&self.shared),
        }
    }
}

impl<T> Shared<T> {
    fn room(&self, amount: u32) -> Option<Permit> {
        loop {
            // Each time that it is used up counts as a refusal: of the one that gives way, or of this one.
            if let Some(permit) = self.limit.try_acquire(amount) {
                return Some(permit);
            }
            if usize::try_from(amount).unwrap_or(usize::MAX) > self.limit.capacity() {
                return None;
            }
            let (_, (permit, value)) = self.lock().entries.pop_first()?;
            drop(permit);
            (self.gave_way)(value);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Held<T>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Where a value is held, until this is dropped or the value gives way.
pub(crate) struct Place<T> {
    id: u64,
    shared: Arc<Shared<T>>,
}

impl<T> Place<T> {
    /// Works with the value; `None` if it gave way.
    pub(crate) fn with<R>(&self, work: impl FnOnce(&mut T) -> R) -> Option<R> {
        let mut held = self.shared.lock();
        let (_, value) = held.entries.get_mut(&self.id)?;
        Some(work(value))
    }

    /// Takes `amount` more. `false` if there is no room, or if the value itself gave way.
    pub(crate) fn grow(&self, amount: u32) -> bool {
        let Some(more) = self.shared.room(amount) else {
            return false;
        };
        let mut held = self.shared.lock();
        match held.entries.get_mut(&self.id) {
            Some((permit, _)) => {
                permit.merge(more);
                true
            }
            None => false,
        }
    }

    /// Returns the value, which gives way no longer; `None` if it did.
    pub(crate) fn into_value(self) -> Option<(Permit, T)> {
        self.shared.lock().entries.remove(&self.id)
    }
}

impl<T> Drop for Place<T> {
    fn drop(&mut self) {
        // Freed when the lock is open again.
        let _held = self.shared.lock().entries.remove(&self.id);
    }
}

impl<T> Clone for Yielding<T> {
    fn clone(&self) -> Self {
        Self {
            shared: Arc::clone(&self.shared),
        }
    }
}

impl<T> fmt::Debug for Yielding<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Yielding")
            .field("limit", &self.shared.limit)
            .finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for Place<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Place").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use prometheus::Registry;

    use super::*;
    use crate::Limits;

    fn three() -> Yielding<&'static str> {
        let limits = Limits::register(&Registry::new()).unwrap();
        Yielding::new(limits.limit("bytes", 3), drop)
    }

    #[test]
    fn the_one_that_was_held_the_longest_gives_way() {
        let yielding = three();
        let hold = |name, amount| yielding.hold(yielding.room(amount).unwrap(), name);
        let (a, b) = (hold("a", 1), hold("b", 2));
        let c = hold("c", 1);
        assert_eq!(a.with(|name| *name), None);
        assert_eq!(b.with(|name| *name), Some("b"));
        assert_eq!(c.with(|name| *name), Some("c"));
        assert!(c.grow(2), "b gives way");
        assert_eq!(b.with(|name| *name), None);
    }

    #[test]
    fn what_was_taken_gives_way_no_longer() {
        let yielding = three();
        let taken = yielding
            .hold(yielding.room(2).unwrap(), "taken")
            .into_value();
        assert!(yielding.room(2).is_none());
        let small = yielding.hold(yielding.room(1).unwrap(), "small");
        assert!(!small.grow(1), "it gives way itself");
        assert!(yielding.room(4).is_none(), "more than there is");
        drop(taken);
        assert!(yielding.room(3).is_some());
    }
}
