//! `lab.json`: the supervisor's record of the parts. While the supervisor runs, nothing else writes it.

use std::io;
use std::path::Path;

use anyhow::Context as _;
use serde::{Deserialize, Serialize};

use super::files;
use crate::process::ProcessIdentity;

/// The state of a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PartState {
    /// Runs and is ready.
    Ready,
    /// Was started and has not been ready yet.
    Starting,
    /// Runs and was ready, but is not ready now.
    NotReady,
    /// Exited and will be restarted.
    Restarting,
    /// Was stopped on purpose.
    Stopped,
    /// Could not be started.
    Failed,
}

impl PartState {
    /// Returns the name in the table and JSON of `status`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Starting => "starting",
            Self::NotReady => "not_ready",
            Self::Restarting => "restarting",
            Self::Stopped => "stopped",
            Self::Failed => "failed",
        }
    }
}

/// The record of one part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartRecord {
    /// Its name.
    pub name: String,
    /// Its state.
    pub state: PartState,
    /// Its base URL.
    pub url: String,
    /// The URL that answers 200 when it is ready.
    pub readiness_url: String,
    /// Its process, if it runs.
    pub process: Option<ProcessIdentity>,
    /// The number of restarts since `up`.
    pub restarts: u32,
}

/// The content of the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LabRecord {
    /// The process that supervises the parts.
    pub supervisor: ProcessIdentity,
    /// The parts, in the order of their ports.
    pub parts: Vec<PartRecord>,
    /// A message for each part that does not run on this machine.
    pub notes: Vec<String>,
    /// Whether all parts have been ready and the start check passed.
    #[serde(default)]
    pub up: bool,
}

impl LabRecord {
    /// Reads the file; `None` if it does not exist or is damaged. A running supervisor restores it.
    ///
    /// # Errors
    /// The file can't be read.
    pub fn load(path: &Path) -> anyhow::Result<Option<Self>> {
        let text = match std::fs::read(path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => {
                return Err(error).with_context(|| format!("can't read {}", path.display()));
            }
        };
        Ok(serde_json::from_slice(&text).ok())
    }

    /// Replaces the file atomically.
    ///
    /// # Errors
    /// The folder can't be written to.
    pub fn save(&self, path: &Path) -> io::Result<()> {
        files::replace(path, &serde_json::to_vec_pretty(self)?)
    }

    /// Returns the part with this name.
    #[must_use]
    pub fn part(&self, name: &str) -> Option<&PartRecord> {
        self.parts.iter().find(|part| part.name == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_saved_record_is_loaded() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lab.json");
        assert_eq!(LabRecord::load(&path).unwrap(), None);
        let process = ProcessIdentity::own().unwrap();
        let record = LabRecord {
            supervisor: process.clone(),
            parts: vec![PartRecord {
                name: "prometheus".to_owned(),
                state: PartState::NotReady,
                url: "http://127.0.0.1:9090".to_owned(),
                readiness_url: "http://127.0.0.1:9090/-/ready".to_owned(),
                process: Some(process),
                restarts: 3,
            }],
            notes: vec!["grafana: not here".to_owned()],
            up: true,
        };
        record.save(&path).unwrap();
        assert_eq!(LabRecord::load(&path).unwrap(), Some(record));
    }

    #[test]
    fn a_damaged_file_counts_as_none() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lab.json");
        for damaged in ["", "{", "{}", "\0\0\0\0"] {
            std::fs::write(&path, damaged).unwrap();
            assert_eq!(LabRecord::load(&path).unwrap(), None, "{damaged:?}");
        }
    }

    #[test]
    fn json_and_the_table_use_the_same_state_names() {
        for state in [
            PartState::Ready,
            PartState::Starting,
            PartState::NotReady,
            PartState::Restarting,
            PartState::Stopped,
            PartState::Failed,
        ] {
            assert_eq!(serde_json::to_value(state).unwrap(), state.name());
        }
    }
}
