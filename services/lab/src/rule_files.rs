//! The rule files in `monitoring/prometheus/rules`.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::path::Path;

use anyhow::Context as _;
use serde::Deserialize;

use crate::prometheus::RuleGroup;

#[derive(Deserialize)]
struct RuleFile {
    groups: Vec<Group>,
}

#[derive(Deserialize)]
struct Group {
    name: String,
}

/// The groups of all `*.yml` files in `folder`.
///
/// # Errors
/// The folder or a file can't be read.
pub fn groups(folder: &Path) -> anyhow::Result<BTreeSet<RuleGroup>> {
    let mut groups = BTreeSet::new();
    let entries =
        fs::read_dir(folder).with_context(|| format!("can't read {}", folder.display()))?;
    for entry in entries {
        let path = entry
            .with_context(|| format!("can't read {}", folder.display()))?
            .path();
        if path.extension() != Some(OsStr::new("yml")) {
            continue;
        }
        let text =
            fs::read_to_string(&path).with_context(|| format!("can't read {}", path.display()))?;
        let file: RuleFile = serde_saphyr::from_str(&text)
            .with_context(|| format!("can't read the groups of {}", path.display()))?;
        for group in file.groups {
            groups.insert(RuleGroup::new(&path, group.name));
        }
    }
    Ok(groups)
}
