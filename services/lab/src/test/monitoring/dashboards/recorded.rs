//! What the rules record: the names, and the windows that some of them are over.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// What is recorded. Rules are read line by line, in the form in which this repository writes them.
#[derive(Debug, Default)]
pub struct Recorded {
    names: BTreeSet<String>,
    windows: BTreeSet<String>,
}

impl Recorded {
    /// Reads the rules in `folder`.
    pub fn read(folder: &Path) -> anyhow::Result<Self> {
        let mut recorded = Self::default();
        for file in super::super::files(folder, "yml")? {
            recorded.add(&fs::read_to_string(file)?);
        }
        Ok(recorded)
    }

    pub(super) fn add(&mut self, rules: &str) {
        for line in rules.lines().map(str::trim) {
            if let Some(name) = line.strip_prefix("- record: ") {
                self.names.insert(name.to_owned());
            } else if let Some(window) = line
                .strip_prefix("labels: {window: ")
                .and_then(|rest| rest.strip_suffix('}'))
            {
                self.windows.insert(window.to_owned());
            }
        }
    }

    pub fn names(&self) -> BTreeSet<&str> {
        self.names.iter().map(String::as_str).collect()
    }

    pub fn windows(&self) -> BTreeSet<&str> {
        self.windows.iter().map(String::as_str).collect()
    }
}

/// The windows that a query selects by name, alone or as alternatives.
pub fn windows_selected(query: &str) -> impl Iterator<Item = &str> {
    let after = query.split("window=").skip(1);
    after
        .filter_map(|rest| rest.trim_start_matches('~').split('"').nth(1))
        .flat_map(|value| value.split('|'))
        .filter(|value| !value.starts_with('$'))
}
