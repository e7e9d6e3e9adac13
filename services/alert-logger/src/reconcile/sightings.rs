//! When each open incident was last known to be active, in a file of its own: a restart must not forget it. It is
//! replaced at each poll without a sync, so a power cut may cost the last poll.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use crate::alert::Key;
use crate::store::state_file;

const FILE: &str = "last-active.json";

/// Times by the text form of a [`Key`].
type Times = BTreeMap<String, Timestamp>;

/// The file.
#[derive(Debug)]
pub struct Sightings {
    /// `None`: nowhere.
    path: Option<PathBuf>,
}

impl Sightings {
    /// The file in `dir`, and what an earlier process kept there. An unreadable file counts as none.
    #[must_use]
    pub fn open(dir: Option<&Path>) -> (Self, BTreeMap<Key, Timestamp>) {
        let path = dir.map(|dir| dir.join(FILE));
        let kept = path.as_deref().map_or(Ok(Times::new()), state_file::read);
        let kept = kept.unwrap_or_else(|error| {
            tracing::warn!(%error, file = FILE, "the times at which incidents were last active cannot be read");
            Times::new()
        });
        let kept = kept
            .into_iter()
            .filter_map(|(key, time)| Some((key.parse().ok()?, time)));
        let kept = kept.collect();
        (Self { path }, kept)
    }

    /// Replaces what is kept.
    pub fn keep(&self, last_active: &BTreeMap<Key, Timestamp>) {
        let Some(path) = &self.path else { return };
        let times: Times = last_active
            .iter()
            .map(|(key, time)| (key.to_string(), *time))
            .collect();
        if let Err(error) = state_file::replace(path, &times, false) {
            tracing::warn!(%error, path = %path.display(), "the times at which incidents were last active cannot be kept");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alert::testing::{at, firing};
    use std::fs;

    #[test]
    fn the_times_outlive_the_process_and_a_damaged_file_does_no_harm() {
        let dir = tempfile::tempdir().unwrap();
        let (sightings, kept) = Sightings::open(Some(dir.path()));
        assert!(kept.is_empty());
        let times = BTreeMap::from([(firing("a,b", 100).key(), at(160))]);
        sightings.keep(&times);
        assert_eq!(Sightings::open(Some(dir.path())).1, times);
        fs::write(dir.path().join(FILE), "{\"x\":").unwrap();
        assert!(Sightings::open(Some(dir.path())).1.is_empty());
        Sightings::open(None).0.keep(&times);
    }
}
