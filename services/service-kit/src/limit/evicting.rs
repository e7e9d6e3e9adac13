//! A limit that evicts its oldest holder when it is used up.
//!
//! A limit that only rejects can be blocked by a single peer that holds all of it. Here such a peer is evicted, and fast
//! clients are not affected.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{Limit, Permit};

/// A limit, and the values that hold parts of it, oldest first. Clones share both.
pub(crate) struct EvictingLimit<T> {
    shared: Arc<Shared<T>>,
}

struct Shared<T> {
    limit: Limit,
    held: Mutex<Values<T>>,
    on_evict: fn(T),
}

struct Values<T> {
    next: u64,
    entries: BTreeMap<u64, (Permit, T)>,
}

impl<T> EvictingLimit<T> {
    /// Creates a limit that calls `on_evict` with each evicted value.
    pub(crate) fn new(limit: Limit, on_evict: fn(T)) -> Self {
        let held = Mutex::new(Values {
            next: 0,
            entries: BTreeMap::new(),
        });
        Self {
            shared: Arc::new(Shared {
                limit,
                held,
                on_evict,
            }),
        }
    }

    /// Acquires `amount`, and evicts the oldest values if necessary. Returns `None` if evicting all values is not enough.
    pub(crate) fn acquire(&self, amount: u32) -> Option<Permit> {
        self.shared.acquire(amount)
    }

    /// Holds a value, which is evicted when others need its part.
    pub(crate) fn hold(&self, permit: Permit, value: T) -> Lease<T> {
        let mut held = self.shared.lock();
        let id = held.next;
        held.next += 1;
        held.entries.insert(id, (permit, value));
        drop(held);
        Lease {
            id,
            shared: Arc::clone(&self.shared),
        }
    }
}

impl<T> Shared<T> {
    fn acquire(&self, amount: u32) -> Option<Permit> {
        loop {
            // A limit that is used up counts as a refusal: of the evicted value, or of this one.
            if let Some(permit) = self.limit.try_acquire(amount) {
                return Some(permit);
            }
            if usize::try_from(amount).unwrap_or(usize::MAX) > self.limit.capacity() {
                return None;
            }
            let (_, (permit, value)) = self.lock().entries.pop_first()?;
            drop(permit);
            (self.on_evict)(value);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Values<T>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Holds a value until this is dropped or the value is evicted.
pub(crate) struct Lease<T> {
    id: u64,
    shared: Arc<Shared<T>>,
}

impl<T> Lease<T> {
    /// Calls `work` with the value. Returns `None` if it was evicted.
    pub(crate) fn with<R>(&self, work: impl FnOnce(&mut T) -> R) -> Option<R> {
        let mut held = self.shared.lock();
        let (_, value) = held.entries.get_mut(&self.id)?;
        Some(work(value))
    }

    /// Acquires `amount` more. Returns `false` if too little is free, or if this value was evicted.
    pub(crate) fn grow(&self, amount: u32) -> bool {
        let Some(more) = self.shared.acquire(amount) else {
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

    /// Returns the value, which is not evicted any more. Returns `None` if it was evicted.
    pub(crate) fn into_value(self) -> Option<(Permit, T)> {
        self.shared.lock().entries.remove(&self.id)
    }
}

impl<T> Drop for Lease<T> {
    fn drop(&mut self) {
        // The value is dropped after the lock is released.
        let _held = self.shared.lock().entries.remove(&self.id);
    }
}

impl<T> Clone for EvictingLimit<T> {
    fn clone(&self) -> Self {
        Self {
            shared: Arc::clone(&self.shared),
        }
    }
}

impl<T> fmt::Debug for EvictingLimit<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EvictingLimit")
            .field("limit", &self.shared.limit)
            .finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for Lease<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lease").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use prometheus::Registry;

    use super::*;
    use crate::Limits;

    fn three() -> EvictingLimit<&'static str> {
        let limits = Limits::register(&Registry::new()).unwrap();
        EvictingLimit::new(limits.limit("bytes", 3), drop)
    }

    #[test]
    fn the_oldest_value_is_evicted() {
        let limit = three();
        let hold = |name, amount| limit.hold(limit.acquire(amount).unwrap(), name);
        let (a, b) = (hold("a", 1), hold("b", 2));
        let c = hold("c", 1);
        assert_eq!(a.with(|name| *name), None);
        assert_eq!(b.with(|name| *name), Some("b"));
        assert_eq!(c.with(|name| *name), Some("c"));
        assert!(c.grow(2), "b is evicted");
        assert_eq!(b.with(|name| *name), None);
    }

    #[test]
    fn a_value_that_was_removed_is_not_evicted() {
        let limit = three();
        let removed = limit
            .hold(limit.acquire(2).unwrap(), "removed")
            .into_value();
        assert!(limit.acquire(2).is_none());
        let small = limit.hold(limit.acquire(1).unwrap(), "small");
        assert!(!small.grow(1), "it is evicted itself");
        assert!(limit.acquire(4).is_none(), "more than the capacity");
        drop(removed);
        assert!(limit.acquire(3).is_some());
    }
}
