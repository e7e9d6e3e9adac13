//! Checks that each alert has rule tests and a runbook.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};
use lab::plan::rule_files::{Group, Rule, RuleFile};
use serde::Deserialize;

/// The cases of which every alert needs a promtool test. The test's name begins with `ALERT: CASE`, or with
/// `ALERT LONG/SHORT: CASE` (windows) if several rules have the alert's name.
const CASES: [&str; 5] = ["fires", "quiet", "resolves", "no data", "counter reset"];

/// The additional case of alerts about the lab: they do not fire during a clean restart.
const RESTART: &str = "restart";

/// The rule files whose alerts are about the lab, not about targets.
const ABOUT_THE_LAB: [&str; 3] = ["agents", "prometheus", "watchdog"];

/// The metric that each group with alerts records at every evaluation, and that `Watchdog` counts.
const EVALUATED: &str = "lab:rules_evaluated:timestamp_seconds";

const SEVERITIES: [&str; 2] = ["page", "ticket"];

const RUNBOOK_SECTIONS: [&str; 4] = [
    "## What it means",
    "## Look at this first",
    "## What to do",
    "## Try it",
];

/// An alerting rule.
#[derive(Debug)]
pub struct Alert {
    pub name: String,
    pub severity: String,
    /// The label that distinguishes rules with the same name.
    short_window: Option<String>,
    annotations: BTreeMap<String, String>,
    about_the_lab: bool,
}

/// Formats the name for error messages.
impl fmt::Display for Alert {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        match &self.short_window {
            Some(window) => write!(f, " (short window {window})"),
            None => Ok(()),
        }
    }
}

#[derive(Deserialize)]
struct TestFile {
    #[serde(default)]
    tests: Vec<Test>,
}

#[derive(Deserialize)]
struct Test {
    #[serde(default)]
    name: String,
    #[serde(default)]
    alert_rule_test: Vec<AlertExpectation>,
    #[serde(default)]
    promql_expr_test: Vec<SampleExpectation>,
}

#[derive(Deserialize)]
struct AlertExpectation {
    alertname: String,
    #[serde(default)]
    exp_alerts: Vec<serde_json::Value>,
}

#[derive(Deserialize)]
struct SampleExpectation {
    expr: String,
    #[serde(default)]
    exp_samples: Vec<serde_json::Value>,
}

/// Returns the alerts of these rule files, in their order.
pub fn of(rules: &[RuleFile]) -> Vec<Alert> {
    let mut alerts = Vec::new();
    for file in rules {
        let stem = file.path.file_stem().unwrap_or_default();
        let about_the_lab = ABOUT_THE_LAB.iter().any(|name| stem == *name);
        for rule in file.groups.iter().flat_map(|group| &group.rules) {
            let Some(name) = &rule.alert else { continue };
            let label = |label: &str| rule.labels.get(label).cloned();
            alerts.push(Alert {
                name: name.clone(),
                severity: label("severity").unwrap_or_default(),
                short_window: label("short_window"),
                annotations: rule.annotations.clone(),
                about_the_lab,
            });
        }
    }
    alerts
}

/// Checks that each group with alerts records its evaluations, and that `Watchdog` counts all such groups. Otherwise a group
/// that is not evaluated would go unnoticed.
pub fn check_groups(rules: &[RuleFile]) -> anyhow::Result<()> {
    let mut problems = Vec::new();
    let mut alerting = 0;
    let mut watchdog = None;
    for file in rules {
        for Group { name, rules } in &file.groups {
            let expr_of = |rule: &Rule| rule.expr.clone();
            let is_watchdog = |rule: &&Rule| rule.alert.as_deref() == Some("Watchdog");
            watchdog = watchdog.or(rules.iter().find(is_watchdog).map(expr_of));
            if rules.iter().all(|rule| rule.alert.is_none()) {
                continue;
            }
            alerting += 1;
            let records = |rule: &Rule| {
                rule.record.as_deref() == Some(EVALUATED) && rule.labels.get("group") == Some(name)
            };
            if !rules.iter().any(records) {
                problems.push(format!(
                    "the group {name} has alerts; it must record {EVALUATED} with the label group: {name}"
                ));
            }
        }
    }
    let counts = format!("== {alerting}\n");
    if !watchdog.is_some_and(|expr| format!("{expr}\n").contains(&counts)) {
        problems.push(format!(
            "Watchdog does not count the {alerting} groups with alerts; its expression needs count({EVALUATED} …) == {alerting}"
        ));
    }
    ensure!(problems.is_empty(), "{}", problems.join("\n"));
    Ok(())
}

/// Checks that each alert has a test of each of the [`CASES`], a runbook and valid texts, and that each test and runbook
/// belongs to an alert.
pub fn check(alerts: &[Alert], tests: &[PathBuf], runbooks: &Path) -> anyhow::Result<()> {
    let tests: Vec<Test> = tests
        .iter()
        .map(|file| read_tests(file))
        .collect::<anyhow::Result<Vec<_>>>()?
        .into_iter()
        .flatten()
        .collect();
    let mut problems = Vec::new();
    for alert in alerts {
        let restart = alert.about_the_lab.then_some(RESTART);
        for case in CASES.into_iter().chain(restart) {
            if !tests.iter().any(|test| test.covers(alert, case)) {
                problems.push(format!("{alert} has no test `{case}`"));
            }
        }
        problems.extend(text_problems(alert));
        problems.extend(runbook_problem(alert, runbooks));
    }
    let names: BTreeSet<&str> = alerts.iter().map(|alert| &*alert.name).collect();
    for name in tests.iter().flat_map(Test::alerts) {
        if !names.contains(name) {
            problems.push(format!("a test expects {name}, which no rule defines"));
        }
    }
    for name in runbook_names(runbooks)? {
        if !names.contains(&*name) {
            problems.push(format!("docs/runbooks/{name}.md belongs to no alert"));
        }
    }
    problems.sort();
    problems.dedup();
    ensure!(problems.is_empty(), "{}", problems.join("\n"));
    Ok(())
}

impl Test {
    /// Returns whether the test covers this case of this alert, by its name and its expectations.
    fn covers(&self, alert: &Alert, case: &str) -> bool {
        let Some((subject, rest)) = self.name.split_once(": ") else {
            return false;
        };
        let is_of = match &alert.short_window {
            None => subject == alert.name,
            Some(short) => subject
                .strip_prefix(&*alert.name)
                .is_some_and(|windows| windows.ends_with(&format!("/{short}"))),
        };
        is_of && rest.starts_with(case) && self.expects(&alert.name, case == "fires")
    }

    /// Returns whether the test has an expectation for this alert and, with `fires`, expects that it fires.
    fn expects(&self, name: &str, fires: bool) -> bool {
        let by_alert = self
            .alert_rule_test
            .iter()
            .any(|test| test.alertname == name && (!fires || !test.exp_alerts.is_empty()));
        let selector = format!("ALERTS{{alertname=\"{name}\"");
        let by_sample = self
            .promql_expr_test
            .iter()
            .any(|test| test.expr.contains(&selector) && (!fires || !test.exp_samples.is_empty()));
        by_alert || by_sample
    }

    fn alerts(&self) -> impl Iterator<Item = &str> {
        self.alert_rule_test.iter().map(|test| &*test.alertname)
    }
}

fn text_problems(alert: &Alert) -> impl Iterator<Item = String> {
    let text = |name: &str| alert.annotations.get(name).map_or("", String::as_str);
    let url = text("runbook_url");
    let file = format!("/docs/runbooks/{}.md", alert.name);
    let wrong = [
        (
            !SEVERITIES.contains(&&*alert.severity),
            "its severity must be page or ticket",
        ),
        (text("summary").is_empty(), "it has no summary"),
        // The summary is the subject of mails and a title, so it must not vary.
        (
            text("summary").contains("{{"),
            "its summary must not contain a template",
        ),
        (text("description").is_empty(), "it has no description"),
        (
            !url.ends_with(&file),
            "its runbook_url does not lead to its runbook",
        ),
    ];
    let alert = alert.to_string();
    wrong
        .into_iter()
        .filter(|(is_wrong, _)| *is_wrong)
        .map(move |(_, what)| format!("{alert}: {what}"))
        .collect::<Vec<_>>()
        .into_iter()
}

fn runbook_problem(alert: &Alert, runbooks: &Path) -> Option<String> {
    let name = &alert.name;
    let Ok(text) = fs::read_to_string(runbooks.join(format!("{name}.md"))) else {
        return Some(format!("{name} has no runbook docs/runbooks/{name}.md"));
    };
    let missing = RUNBOOK_SECTIONS
        .into_iter()
        .find(|section| !text.lines().any(|line| line == *section))?;
    Some(format!(
        "docs/runbooks/{name}.md has no section `{missing}`"
    ))
}

fn runbook_names(runbooks: &Path) -> anyhow::Result<Vec<String>> {
    Ok(super::files(runbooks, "md")?
        .iter()
        .filter_map(|file| Some(file.file_stem()?.to_string_lossy().into_owned()))
        .collect())
}

fn read_tests(file: &Path) -> anyhow::Result<Vec<Test>> {
    let text =
        fs::read_to_string(file).with_context(|| format!("can't read {}", file.display()))?;
    let file: TestFile =
        serde_saphyr::from_str(&text).with_context(|| format!("can't read {}", file.display()))?;
    Ok(file.tests)
}

#[cfg(test)]
mod tests;
