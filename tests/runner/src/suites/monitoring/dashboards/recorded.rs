//! Collects the metrics and windows that the rules record.

use std::collections::BTreeSet;

use lab::plan::rule_files::RuleFile;

/// The recorded metrics and windows.
#[derive(Debug, Default)]
pub struct Recorded {
    names: BTreeSet<String>,
    windows: BTreeSet<String>,
}

impl Recorded {
    /// Collects the metrics and windows of these rule files.
    pub fn of(files: &[RuleFile]) -> Self {
        let mut recorded = Self::default();
        let groups = files.iter().flat_map(|file| &file.groups);
        for rule in groups.flat_map(|group| &group.rules) {
            if let Some(name) = &rule.record {
                recorded.names.insert(name.clone());
                recorded.windows.extend(rule.labels.get("window").cloned());
            }
        }
        recorded
    }

    pub fn names(&self) -> BTreeSet<&str> {
        self.names.iter().map(String::as_str).collect()
    }

    pub fn windows(&self) -> BTreeSet<&str> {
        self.windows.iter().map(String::as_str).collect()
    }
}

/// Returns the windows that a query selects by name, alone or as alternatives.
pub fn windows_selected(query: &str) -> impl Iterator<Item = &str> {
    let after = query.split("window=").skip(1);
    after
        .filter_map(|rest| rest.trim_start_matches('~').split('"').nth(1))
        .flat_map(|value| value.split('|'))
        .filter(|value| !value.starts_with('$'))
}
