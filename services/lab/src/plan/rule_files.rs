//! The rule files in `monitoring/prometheus/rules`.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use serde::{Deserialize, Deserializer};

/// A rule file.
#[derive(Debug, Deserialize)]
pub struct RuleFile {
    /// Its path.
    #[serde(skip)]
    pub path: PathBuf,
    /// Its groups.
    pub groups: Vec<Group>,
}

/// A rule group.
#[derive(Debug, Deserialize)]
pub struct Group {
    /// Its name, unique in the file.
    pub name: String,
    /// Its rules, in the order of evaluation.
    #[serde(default, deserialize_with = "or_default")]
    pub rules: Vec<Rule>,
}

/// An alerting rule or a recording rule.
#[derive(Debug, Deserialize)]
pub struct Rule {
    /// The name of an alerting rule.
    pub alert: Option<String>,
    /// The name of the metric that a recording rule writes.
    pub record: Option<String>,
    /// The query.
    #[serde(default)]
    pub expr: String,
    /// The labels that it adds.
    #[serde(default, deserialize_with = "or_default")]
    pub labels: BTreeMap<String, String>,
    /// The texts of an alert.
    #[serde(default, deserialize_with = "or_default")]
    pub annotations: BTreeMap<String, String>,
}

/// Reads a key without a value as empty, as Prometheus does.
fn or_default<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(
    value: D,
) -> Result<T, D::Error> {
    Ok(Option::deserialize(value)?.unwrap_or_default())
}

impl RuleFile {
    /// Reads all `*.yml` files in `folder`, in the order of their names.
    ///
    /// # Errors
    /// The folder or a file can't be read.
    pub fn read_all(folder: &Path) -> anyhow::Result<Vec<Self>> {
        let paths = || -> std::io::Result<Vec<PathBuf>> {
            fs::read_dir(folder)?
                .map(|entry| Ok(entry?.path()))
                .collect()
        };
        let mut paths = paths().with_context(|| format!("can't read {}", folder.display()))?;
        paths.retain(|path| path.extension() == Some(OsStr::new("yml")));
        paths.sort();
        paths.into_iter().map(Self::read).collect()
    }

    /// Reads the file at `path`.
    ///
    /// # Errors
    /// It can't be read, or is not a rule file.
    pub fn read(path: PathBuf) -> anyhow::Result<Self> {
        let text =
            fs::read_to_string(&path).with_context(|| format!("can't read {}", path.display()))?;
        let file: Self = serde_saphyr::from_str(&text)
            .with_context(|| format!("can't parse the groups of {}", path.display()))?;
        Ok(Self { path, ..file })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_empty_groups_are_accepted_as_prometheus_does() {
        let folder = tempfile::tempdir().unwrap();
        let text = "groups:\n  - name: a\n  - name: b\n    rules:\n  - name: c\n    interval: 15s\n    rules:\n      - record: x\n        expr: 1\n        labels: {level: 2}\n        annotations:\n";
        fs::write(folder.path().join("a.yml"), text).unwrap();
        fs::write(folder.path().join("README.md"), "").unwrap();
        let files = RuleFile::read_all(folder.path()).unwrap();
        let groups = &files[0].groups;
        assert_eq!((files.len(), groups.len()), (1, 3));
        assert_eq!(groups[2].rules[0].expr, "1");
        assert_eq!(groups[2].rules[0].labels["level"], "2");
    }
}
