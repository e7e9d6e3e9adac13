//! Checks the links of dashboards, panels and values.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::dashboards::{Dashboard, text};

/// Checks that links lead to existing dashboards and set existing variables.
pub fn check(dashboards: &[Dashboard], dashboard: &Dashboard, report: &mut dyn FnMut(String)) {
    let mut urls = Vec::new();
    collect(&dashboard.json, &mut urls);
    for url in urls {
        let Some(path) = url.strip_prefix("/d/") else {
            if !url.starts_with("https://") {
                report(format!(
                    "the link {url} must be a dashboard (/d/…) or https"
                ));
            }
            continue;
        };
        let (uid, parameters) = path.split_once('?').unwrap_or((path, ""));
        let Some(there) = dashboards.iter().find(|other| other.uid() == uid) else {
            report(format!("the link {url} has the uid of no dashboard"));
            continue;
        };
        let names: BTreeSet<&str> = there
            .variables()
            .map(|variable| text(variable, "/name"))
            .collect();
        for parameter in parameters.split('&') {
            let name = parameter
                .strip_prefix("var-")
                .and_then(|set| set.split('=').next());
            if let Some(name) = name
                && !names.contains(name)
            {
                report(format!(
                    "the link {url} sets the variable {name}, which {uid} does not have"
                ));
            }
        }
    }
}

/// Collects the URLs of all links.
fn collect<'a>(json: &'a Value, urls: &mut Vec<&'a str>) {
    match json {
        Value::Object(object) => {
            if object.contains_key("targetBlank") {
                urls.push(text(json, "/url"));
            }
            object.values().for_each(|value| collect(value, urls));
        }
        Value::Array(array) => array.iter().for_each(|value| collect(value, urls)),
        _ => {}
    }
}
