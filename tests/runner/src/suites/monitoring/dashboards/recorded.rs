//! What the rules record: the names, and the windows that some of them are over.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::Context as _;
use serde::Deserialize;

use super::super::files;

/// What is recorded.
#[derive(Debug, Default)]
pub struct Recorded {
    names: BTreeSet<String>,
    windows: BTreeSet<String>,
}

#[derive(Deserialize)]
struct RuleFile {
    groups: Vec<Group>,
}

#[derive(Deserialize)]
struct Group {
    rules: Vec<Rule>,
}

#[derive(Deserialize)]
struct Rule {
    record: Option<String>,
    #[serde(default)]
    labels: BTreeMap<String, String>,
}

impl Recorded {
    /// Reads the rules in `folder`.
    pub fn read(folder: &Path) -> anyhow::Result<Self> {
        let mut recorded = Self::default();
        for file in files(folder, "yml")? {
            let rules: RuleFile = serde_saphyr::from_str(&fs::read_to_string(&file)?)
                .with_context(|| format!("can't read {}", file.display()))?;
            for mut rule in rules.groups.into_iter().flat_map(|group| group.rules) {
                if let Some(name) = rule.record {
                    recorded.names.insert(name);
                    recorded.windows.extend(rule.labels.remove("window"));
                }
            }
        }
        Ok(recorded)
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
