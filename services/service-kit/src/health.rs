//! Readiness as latches that subsystems hold.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// What `/readyz` answers from. Each subsystem holds a [`Latch`]; the service is ready when all of them are.
#[derive(Debug, Clone, Default)]
pub struct Readiness {
    /// Why a latch is not ready, by name; `None` where it is.
    latches: Arc<Mutex<BTreeMap<&'static str, Option<String>>>>,
}

/// One subsystem's say in the readiness of its service.
#[derive(Debug, Clone)]
pub struct Latch {
    name: &'static str,
    readiness: Readiness,
}

impl Readiness {
    /// Adds a latch that is not ready yet, with the reason that `/readyz` shows until it is.
    #[must_use]
    pub fn latch(&self, name: &'static str, reason: impl Into<String>) -> Latch {
        self.set(name, Some(reason.into()));
        Latch {
            name,
            readiness: self.clone(),
        }
    }

    /// The latches that are not ready, with their reasons, in the order of their names.
    #[must_use]
    pub fn reasons(&self) -> Vec<(&'static str, String)> {
        let latches = self.latches.lock().unwrap_or_else(PoisonError::into_inner);
        latches
            .iter()
            .filter_map(|(name, reason)| reason.clone().map(|reason| (*name, reason)))
            .collect()
    }

    fn set(&self, name: &'static str, reason: Option<String>) {
        let mut latches = self.latches.lock().unwrap_or_else(PoisonError::into_inner);
        latches.insert(name, reason);
    }
}

impl Latch {
    /// The subsystem can do its job.
    pub fn ready(&self) {
        self.readiness.set(self.name, None);
    }

    /// The subsystem can't do its job, and why.
    pub fn not_ready(&self, reason: impl Into<String>) {
        self.readiness.set(self.name, Some(reason.into()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ready_when_every_latch_is() {
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
}
