//! The durations of the suites: those of their last run on this machine, else about those of a two-core machine.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use lab::state::paths::Installation;

use super::Suite;
use crate::steps::screen::clock;

/// The durations of the last successful runs, in seconds by suite.
#[derive(Debug, Default)]
pub struct Durations {
    file: PathBuf,
    seconds: BTreeMap<String, u64>,
}

impl Durations {
    /// Loads the file that all state folders share. A missing or damaged file counts as empty.
    pub fn load(installation: &Installation) -> Self {
        let file = installation.tools_dir().join("test-durations.json");
        let seconds = fs::read(&file).ok();
        let seconds = seconds.and_then(|text| serde_json::from_slice(&text).ok());
        Self {
            file,
            seconds: seconds.unwrap_or_default(),
        }
    }

    /// Returns the duration of a suite, as text.
    pub fn text(&self, suite: Suite) -> String {
        match self.seconds.get(&suite.name()) {
            Some(seconds) => clock(Duration::from_secs(*seconds)),
            None => format!("about {} min", usual_minutes(suite)),
        }
    }

    /// Records the duration of a suite that passed.
    pub fn record(&mut self, suite: &str, took: Duration) {
        self.seconds.insert(suite.to_owned(), took.as_secs());
    }

    /// Saves the file. An error only leaves older durations in the list.
    pub fn save(&self) {
        if let Ok(text) = serde_json::to_vec(&self.seconds) {
            let _ = fs::write(&self.file, text);
        }
    }
}

/// Returns the minutes that a suite takes on two cores with everything downloaded.
fn usual_minutes(suite: Suite) -> u32 {
    match suite {
        Suite::Monitoring => 1,
        Suite::Api | Suite::Terraform => 2,
        Suite::Browser => 4,
        Suite::Rust | Suite::Stack => 5,
        Suite::Fuzz | Suite::Nix | Suite::Cluster => 8,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_run_replaces_the_usual_duration() {
        let folder = tempfile::tempdir().unwrap();
        let installation = Installation {
            root: folder.path().to_owned(),
            bin_dir: folder.path().to_owned(),
        };
        fs::create_dir_all(installation.tools_dir()).unwrap();
        let mut durations = Durations::load(&installation);
        assert_eq!(durations.text(Suite::Rust), "about 5 min");
        durations.record("rust", Duration::from_secs(400));
        durations.save();
        let loaded = Durations::load(&installation);
        assert_eq!(loaded.text(Suite::Rust), "6m40s");
        assert_eq!(loaded.text(Suite::Api), "about 2 min");
    }
}
