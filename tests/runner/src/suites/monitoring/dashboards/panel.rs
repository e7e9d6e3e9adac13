//! Checks one panel.

use std::collections::BTreeSet;

use serde_json::Value;

use super::DATASOURCE;
use crate::dashboards::{Panel, list, text};

/// Types of panels without one unit: columns have their own units, and states have none.
const WITHOUT_UNIT: [&str; 2] = ["table", "state-timeline"];

/// Reports missing and misleading settings.
pub fn check(panel: Panel<'_>, report: &mut dyn FnMut(String)) {
    let json = panel.json;
    for (pointer, uid) in list(json, "/targets")
        .map(|query| ("a query", text(query, "/datasource/uid")))
        .chain([("the panel", text(json, "/datasource/uid"))])
    {
        if uid != DATASOURCE {
            report(format!(
                "the datasource of {pointer} is {uid:?}, not {DATASOURCE}"
            ));
        }
    }
    let letters: Vec<&str> = panel.queries().map(|(letter, _)| letter).collect();
    if letters.is_empty() {
        report("it has no query".to_owned());
    }
    if letters.iter().collect::<BTreeSet<_>>().len() < letters.len() {
        report("two queries have the same letter".to_owned());
    }
    if !text(json, "/description").contains("\n\nNo data") {
        report("its description must end with a paragraph \"No data …\"".to_owned());
    }
    if text(json, "/fieldConfig/defaults/noValue").is_empty() {
        report("noValue, the text without data, is not set".to_owned());
    }
    let has_unit = !text(json, "/fieldConfig/defaults/unit").is_empty();
    if !has_unit && !WITHOUT_UNIT.contains(&text(json, "/type")) {
        report("it has no unit".to_owned());
    }
    if is_green_without_data(json) {
        report("it is green without data".to_owned());
    }
    check_columns(json, &letters, report);
}

/// Returns whether the panel is green without data. It has the color of the lowest threshold, of the null mapping, or the
/// fixed color.
fn is_green_without_data(json: &Value) -> bool {
    let lowest = set(json, "thresholds").map(|thresholds| text(thresholds, "/steps/0/color"));
    let of_null = set(json, "mappings")
        .filter_map(Value::as_array)
        .flatten()
        .filter(|mapping| text(mapping, "/type") == "special")
        .map(|mapping| text(mapping, "/options/result/color"));
    // In a graph, a missing line has no color.
    let is_one_value = ["bargauge", "stat"].contains(&text(json, "/type"));
    let fixed = is_one_value.then(|| text(json, "/fieldConfig/defaults/color/fixedColor"));
    lowest
        .chain(of_null)
        .chain(fixed)
        .any(|color| color.contains("green"))
}

/// Returns the values of a property in the defaults and in the overrides.
fn set<'a>(json: &'a Value, property: &str) -> impl Iterator<Item = &'a Value> {
    let for_some = list(json, "/fieldConfig/overrides")
        .flat_map(|some| list(some, "/properties"))
        .filter(move |set| text(set, "/id") == property)
        .filter_map(|set| set.get("value"));
    let for_all = json.pointer(&format!("/fieldConfig/defaults/{property}"));
    for_all.into_iter().chain(for_some)
}

/// Checks the columns of a table, which are named `Value #A` after the queries' letters if there are several.
fn check_columns(json: &Value, letters: &[&str], report: &mut dyn FnMut(String)) {
    let columns: BTreeSet<String> = match letters {
        [_] => ["Value".to_owned()].into(),
        letters => letters
            .iter()
            .map(|letter| format!("Value #{letter}"))
            .collect(),
    };
    let organized =
        list(json, "/transformations").filter_map(|step| step.pointer("/options/renameByName"));
    for name in organized
        .filter_map(Value::as_object)
        .flat_map(|renamed| renamed.keys())
    {
        if name.starts_with("Value") && !columns.contains(name) {
            report(format!("no query returns the column {name:?}"));
        }
    }
}
