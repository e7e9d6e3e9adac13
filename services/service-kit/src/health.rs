//! Readiness: one latch for each subsystem.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The state behind `/readyz`. Each subsystem holds a [`Latch`]; the service is ready when all of them are.
#[derive(Debug, Clone, Default)]
pub struct Readiness {
    /// The reason why each latch is not ready, by name; `None` for a ready one.
    latches: Texts,
    /// The notices of a ready service, by name; `None` for an empty one.
    notices: Texts,
}

type Texts = Arc<Mutex<BTreeMap<&'static str, Option<String>>>>;

/// The readiness of one subsystem.
#[derive(Debug, Clone)]
pub struct Latch {
    name: &'static str,
    readiness: Readiness,
}

/// A notice that `/readyz` shows although the service is ready.
#[derive(Debug, Clone)]
pub struct Notice {
    name: &'static str,
    readiness: Readiness,
}

impl Readiness {
    /// Adds a latch that is not ready. `/readyz` shows `reason` until it is.
    #[must_use]
    pub fn latch(&self, name: &'static str, reason: impl Into<String>) -> Latch {
        self.set(name, Some(reason.into()));
        Latch {
            name,
            readiness: self.clone(),
        }
    }

    /// Adds an empty notice.
    #[must_use]
    pub fn notice(&self, name: &'static str) -> Notice {
        Notice {
            name,
            readiness: self.clone(),
        }
    }

    /// Returns the latches that are not ready with their reasons, sorted by name.
    #[must_use]
    pub fn reasons(&self) -> Vec<(&'static str, String)> {
        present(&self.latches)
    }

    /// Returns the notices, sorted by name.
    #[must_use]
    pub fn notices(&self) -> Vec<(&'static str, String)> {
        present(&self.notices)
    }

    fn set(&self, name: &'static str, reason: Option<String>) {
        lock(&self.latches).insert(name, reason);
    }
}

fn present(texts: &Texts) -> Vec<(&'static str, String)> {
    lock(texts)
        .iter()
        .filter_map(|(name, text)| text.clone().map(|text| (*name, text)))
        .collect()
}

fn lock(texts: &Texts) -> MutexGuard<'_, BTreeMap<&'static str, Option<String>>> {
    texts.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Latch {
    /// Marks the subsystem as ready.
    pub fn ready(&self) {
        self.readiness.set(self.name, None);
    }

    /// Marks the subsystem as not ready, with the reason.
    pub fn not_ready(&self, reason: impl Into<String>) {
        self.readiness.set(self.name, Some(reason.into()));
    }
}

impl Notice {
    /// Sets the text of the notice; `None` removes it.
    pub fn set(&self, text: Option<String>) {
        lock(&self.readiness.notices).insert(self.name, text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_is_ready_when_all_its_latches_are() {
        let readiness = Readiness::default();
        let log = readiness.latch("log", "not opened");
        let targets = readiness.latch("targets", "not read");
        targets.ready();
        assert_eq!(readiness.reasons(), [("log", "not opened".to_owned())]);
        log.ready();
        assert!(readiness.reasons().is_empty());
        targets.not_ready("gone");
        assert_eq!(readiness.reasons(), [("targets", "gone".to_owned())]);
    }

    #[test]
    fn a_notice_does_not_affect_readiness() {
        let readiness = Readiness::default();
        let notice = readiness.notice("blind");
        assert!(readiness.notices().is_empty());
        notice.set(Some("since 12:00".to_owned()));
        assert_eq!(readiness.notices(), [("blind", "since 12:00".to_owned())]);
        assert!(readiness.reasons().is_empty());
        notice.set(None);
        assert!(readiness.notices().is_empty());
    }
}
