//! The file with the time at which each open incident was last known to be active, so that a restart does not lose it. Each
//! poll replaces the file without a sync, so a power failure may lose the last poll.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use crate::alert::Key;
use crate::store::state_file;

const FILE: &str = "last-active.json";

/// Times by the text form of a [`Key`].
type Times = BTreeMap<String, Timestamp>;

/// The file, or nothing if there is no directory for it.
#[derive(Debug)]
pub struct LastActiveFile {
    path: Option<PathBuf>,
}

impl LastActiveFile {
    /// Opens the file in `dir` and returns its content. An unreadable file counts as empty.
    #[must_use]
    pub fn open(dir: Option<&Path>) -> (Self, BTreeMap<Key, Timestamp>) {
        let path = dir.map(|dir| dir.join(FILE));
        let times = path.as_deref().map_or(Ok(Times::new()), state_file::read);
        let times = times.unwrap_or_else(|error| {
            tracing::warn!(%error, file = FILE, "the times at which incidents were last active cannot be read");
            Times::new()
        });
        let times = times
            .into_iter()
            .filter_map(|(key, time)| Some((key.parse().ok()?, time)));
        let times = times.collect();
        (Self { path }, times)
    }

    /// Replaces the content of the file.
    pub fn write(&self, last_active: &BTreeMap<Key, Timestamp>) {
        let Some(path) = &self.path else { return };
        let times: Times = last_active
            .iter()
            .map(|(key, time)| (key.to_string(), *time))
            .collect();
        if let Err(error) = state_file::replace(path, &times, false) {
            tracing::warn!(%error, path = %path.display(), "the times at which incidents were last active cannot be written");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alert::testing::{at, firing};
    use std::fs;

    #[test]
    fn the_times_survive_a_restart_and_a_damaged_file_counts_as_empty() {
        let dir = tempfile::tempdir().unwrap();
        let (file, stored) = LastActiveFile::open(Some(dir.path()));
        assert!(stored.is_empty());
        let times = BTreeMap::from([(firing("a,b", 100).key(), at(160))]);
        file.write(&times);
        assert_eq!(LastActiveFile::open(Some(dir.path())).1, times);
        fs::write(dir.path().join(FILE), "{\"x\":").unwrap();
        assert!(LastActiveFile::open(Some(dir.path())).1.is_empty());
        LastActiveFile::open(None).0.write(&times);
    }
}
