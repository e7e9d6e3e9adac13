//! Reads Grafana dashboards for the tests: their panels, variables and queries.

mod promql;

use std::fs;
use std::path::Path;

use anyhow::{Context as _, bail, ensure};
use serde_json::Value;

pub use self::promql::metric_names;

/// A dashboard file.
#[derive(Debug, Clone)]
pub struct Dashboard {
    /// The file's name.
    pub file: String,
    /// Its content.
    pub json: Value,
}

/// A panel that is not a row.
#[derive(Debug, Clone, Copy)]
pub struct Panel<'a> {
    /// Its JSON.
    pub json: &'a Value,
}

impl Dashboard {
    /// Reads the dashboards in `folder`, sorted by name.
    ///
    /// # Errors
    /// There are none, or a file is not JSON.
    pub fn read_all(folder: &Path) -> anyhow::Result<Vec<Self>> {
        let read =
            || -> anyhow::Result<Vec<_>> { Ok(fs::read_dir(folder)?.collect::<Result<_, _>>()?) };
        let mut dashboards = Vec::new();
        for entry in read().with_context(|| format!("can't read {}", folder.display()))? {
            let file = entry.file_name().to_string_lossy().into_owned();
            if file.ends_with(".json") {
                let json = serde_json::from_slice(&fs::read(entry.path())?)
                    .with_context(|| format!("{file} is not JSON"))?;
                dashboards.push(Self { file, json });
            }
        }
        ensure!(
            !dashboards.is_empty(),
            "there is no .json file in {}",
            folder.display()
        );
        dashboards.sort_by(|one, other| one.file.cmp(&other.file));
        Ok(dashboards)
    }

    /// Returns the uid, which is in the dashboard's URL.
    #[must_use]
    pub fn uid(&self) -> &str {
        text(&self.json, "/uid")
    }

    /// Returns all panels, including rows.
    pub fn grid(&self) -> impl Iterator<Item = &Value> {
        list(&self.json, "/panels")
    }

    /// Returns the panels that are not rows.
    pub fn panels(&self) -> impl Iterator<Item = Panel<'_>> {
        self.grid()
            .filter(|json| text(json, "/type") != "row")
            .map(|json| Panel { json })
    }

    /// Returns the template variables.
    pub fn variables(&self) -> impl Iterator<Item = &Value> {
        list(&self.json, "/templating/list")
    }
}

impl<'a> Panel<'a> {
    /// Returns the title.
    #[must_use]
    pub fn title(&self) -> &'a str {
        text(self.json, "/title")
    }

    /// Returns the id, which is unique within the dashboard.
    #[must_use]
    pub fn id(&self) -> u64 {
        let id = self.json.pointer("/id");
        id.and_then(Value::as_u64).unwrap_or_default()
    }

    /// Returns the queries: the letter and the PromQL of each.
    pub fn queries(&self) -> impl Iterator<Item = (&'a str, &'a str)> + use<'a> {
        list(self.json, "/targets").map(|query| (text(query, "/refId"), text(query, "/expr")))
    }
}

/// Replaces the variables of a query as Grafana does: Grafana's own as for six hours in steps of a minute, and those of the
/// dashboard by `variables` (name and value). `$1` is a group of a `label_replace`, not a variable.
///
/// # Errors
/// A variable does not exist.
pub fn fill(query: &str, variables: &[(&str, &str)]) -> anyhow::Result<String> {
    const GRAFANAS: [(&str, &str); 3] = [
        ("__interval", "1m"),
        ("__range", "6h"),
        ("__rate_interval", "1m"),
    ];
    let mut filled = String::new();
    let mut rest = query;
    while let Some((before, after)) = rest.split_once('$') {
        filled.push_str(before);
        let end = after
            .find(|char: char| !char.is_ascii_alphanumeric() && char != '_')
            .unwrap_or(after.len());
        let (name, behind) = after.split_at(end);
        let mut all = GRAFANAS.iter().chain(variables);
        match all.find(|(variable, _)| *variable == name) {
            Some((_, value)) => filled.push_str(value),
            None if name.parse::<u8>().is_ok() => {
                filled.push('$');
                filled.push_str(name);
            }
            None => bail!("there is no variable ${name}: {query}"),
        }
        rest = behind;
    }
    filled.push_str(rest);
    Ok(filled)
}

/// Returns the text at a JSON pointer; empty if there is none.
#[must_use]
pub fn text<'a>(json: &'a Value, pointer: &str) -> &'a str {
    json.pointer(pointer)
        .and_then(Value::as_str)
        .unwrap_or_default()
}

/// Returns the elements of the array at a JSON pointer; none without an array.
pub fn list<'a>(json: &'a Value, pointer: &str) -> impl Iterator<Item = &'a Value> + use<'a> {
    json.pointer(pointer)
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_variable_names_are_replaced() {
        let query = r#"label_replace(a{target=~"$target"}[$__rate_interval], "b", "$1", "c", "(.*)") + t{x="$target_"}"#;
        let filled = fill(query, &[("target", "demo"), ("target_", "other")]).unwrap();
        assert_eq!(
            filled,
            r#"label_replace(a{target=~"demo"}[1m], "b", "$1", "c", "(.*)") + t{x="other"}"#
        );
        let message = fill("a[$window]", &[]).unwrap_err().to_string();
        assert!(message.contains("$window"), "{message}");
    }
}
