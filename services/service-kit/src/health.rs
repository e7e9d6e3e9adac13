//! Readiness as latches that subsystems hold.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The state behind `/readyz`. Each subsystem holds a [`Latch`]; the service is ready when all of them are.
#[derive(Debug, Clone, Default)]
pub struct Readiness {
    /// Why a latch is not ready, by name; `None` where it is.
    latches: Texts,
    /// The notices of a ready service, by name; `None` where there is nothing to say.
    notices: Texts,
}

type Texts = Arc<Mutex<BTreeMap<&'static str, Option<String>>>>;

/// One subsystem's say in the readiness of its service.
#[derive(Debug, Clone)]
pub struct Latch {
    name: &'static str,
    readiness: Readiness,
}

/// Something that whoever asks `/readyz` should know although the service can do its job.
#[derive(Debug, Clone)]
pub struct Notice {
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

    /// Adds a notice, which says nothing yet.
    #[must_use]
    pub fn notice(&self, name: &'static str) -> Notice {
        Notice {
            name,
            readiness: self.clone(),
        }
    }

    /// The latches that are not ready, with their reasons, in the order of their names.
    #[must_use]
    pub fn reasons(&self) -> Vec<(&'static str, String)> {
        said(&self.latches)
    }

    /// Returns the notices, in the order of their names.
    #[must_use]
    pub fn notices(&self) -> Vec<(&'static str, String)> {
        said(&self.notices)
    }

    fn set(&self, name: &'static str, reason: Option<String>) {
        lock(&self.latches).insert(name, reason);
    }
}

fn said(texts: &Texts) -> Vec<(&'static str, String)> {
    lock(texts)
        .iter()
        .filter_map(|(name, text)| text.clone().map(|text| (*name, text)))
        .collect()
}

fn lock(texts: &Texts) -> MutexGuard<'_, BTreeMap<&'static str, Option<String>>> {
    texts.lock().unwrap_or_else(PoisonError::into_inner)
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

impl Notice {
    /// Says this from now on; nothing if `None`.
    pub fn say(&self, text: Option<String>) {
        lock(&self.readiness.notices).insert(self.name, text);
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

    #[test]
    fn a_notice_is_no_reason_not_to_be_ready() {
        let readiness = Readiness::default();
        let notice = readiness.notice("blind");
        assert!(readiness.notices().is_empty());
        notice.say(Some("since 12:00".to_owned()));
        assert_eq!(readiness.notices(), [("blind", "since 12:00".to_owned())]);
        assert!(readiness.reasons().is_empty());
        notice.say(None);
        assert!(readiness.notices().is_empty());
    }
}
