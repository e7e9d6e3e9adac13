//! Checks the dashboards in monitoring/grafana: their form, their queries with promtool, their types with Grafana's schema.
//!
//! The suite `stack` checks in a running lab that each query returns data and each metric exists.

mod links;
mod panel;
mod recorded;
mod schema;

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use anyhow::{Context as _, ensure};
use lab::plan::rule_files::RuleFile;
use serde_json::{Value, json};

use self::recorded::Recorded;
use crate::dashboards::{Dashboard, fill, list, metric_names, text};
use crate::steps::Steps;
use crate::test_run::TestRun;

/// The datasource's uid, which every panel contains.
const DATASOURCE: &str = "prometheus";

/// Values for the dashboards' variables.
const VARIABLES: [(&str, &str); 2] = [("target", "demo"), ("window", "1h")];

/// Checks the dashboards, also against the metrics that `rules` record. `promtool` returns its command for some arguments.
pub fn run(
    test_run: &TestRun,
    steps: &mut Steps,
    rules: &[RuleFile],
    promtool: impl Fn(&[&str]) -> Command,
) -> anyhow::Result<()> {
    let grafana = test_run.installation.monitoring("grafana");
    let folder = grafana.join("dashboards");
    let dashboards = Dashboard::read_all(&folder)?;
    let recorded = Recorded::of(rules);
    steps.check("dashboards", |_| {
        let problems = problems(&dashboards, &recorded);
        ensure!(problems.is_empty(), "\n   {}", problems.join("\n   "));
        Ok(())
    });
    steps.check("the dashboards' datasource", |_| {
        let file = grafana.join("provisioning/datasources/prometheus.yml");
        let provisioned: Value = serde_saphyr::from_str(&fs::read_to_string(&file)?)
            .with_context(|| format!("can't read {}", file.display()))?;
        let uids: Vec<&str> = list(&provisioned, "/datasources")
            .map(|datasource| text(datasource, "/uid"))
            .collect();
        ensure!(
            uids == [DATASOURCE],
            "the uids in {} are {uids:?}",
            file.display()
        );
        Ok(())
    });
    let rules = tempfile::NamedTempFile::with_suffix(".yml")?;
    fs::write(rules.path(), as_rules(&dashboards)?.to_string())?;
    steps.command(
        "promtool check rules on the dashboards' queries",
        promtool(&["check", "rules"]).arg(rules.path()),
    );
    schema::check(test_run, steps, &folder)
}

/// Returns the queries as recording rules for promtool, one group for each dashboard. JSON is valid YAML.
fn as_rules(dashboards: &[Dashboard]) -> anyhow::Result<Value> {
    let mut groups = Vec::new();
    for dashboard in dashboards {
        let mut rules = Vec::new();
        for panel in dashboard.panels() {
            for (letter, query) in panel.queries() {
                rules.push(json!({
                    // promtool quotes this name in errors.
                    "record": format!("panel_{}:{letter}", panel.id()),
                    "labels": {"dashboard": dashboard.file},
                    "expr": fill(query, &VARIABLES)?,
                }));
            }
        }
        groups.push(json!({"name": dashboard.file, "rules": rules}));
    }
    Ok(json!({ "groups": groups }))
}

/// Returns the problems, each in a line with the file and the panel.
fn problems(dashboards: &[Dashboard], recorded: &Recorded) -> Vec<String> {
    let mut problems = Vec::new();
    for dashboard in dashboards {
        let mut report = |problem: String| problems.push(format!("{}: {problem}", dashboard.file));
        check_frame(dashboard, &mut report);
        check_layout(dashboard, &mut report);
        check_variables(dashboard, recorded, &mut report);
        links::check(dashboards, dashboard, &mut report);
        for panel in dashboard.panels() {
            let title = panel.title();
            let mut report = |problem: String| report(format!("panel {title:?}: {problem}"));
            panel::check(panel, &mut report);
            for (letter, query) in panel.queries() {
                check_query(query, recorded, &mut |problem| {
                    report(format!("query {letter}: {problem}"));
                });
            }
        }
    }
    problems
}

/// Checks the dashboard's own properties. The uid follows from the file's name, so that it is stable and unique.
fn check_frame(dashboard: &Dashboard, report: &mut dyn FnMut(String)) {
    let json = &dashboard.json;
    let uid = format!("uptimepulse-{}", dashboard.file.trim_end_matches(".json"));
    if dashboard.uid() != uid {
        report(format!(
            "the uid is {:?} and must be {uid}",
            dashboard.uid()
        ));
    }
    for (key, why) in [
        (
            "__inputs",
            "is only for dashboards that are imported by hand; remove it",
        ),
        ("id", "is Grafana's own number of the dashboard; remove it"),
    ] {
        if json.get(key).is_some() {
            report(format!("{key:?} {why}"));
        }
    }
    if !["15s", "30s", "1m"].contains(&text(json, "/refresh")) {
        report("refresh must be 15s, 30s or 1m".to_owned());
    }
    if !text(json, "/time/from").starts_with("now-") || text(json, "/time/to") != "now" {
        report("its time range must be now-… to now".to_owned());
    }
}

/// Checks that panels have unique ids and do not overlap in the 24 columns.
fn check_layout(dashboard: &Dashboard, report: &mut dyn FnMut(String)) {
    let mut numbers = BTreeSet::new();
    let mut occupied = BTreeSet::new();
    for panel in dashboard.grid() {
        let title = text(panel, "/title");
        let number = |pointer: &str| panel.pointer(pointer).and_then(Value::as_u64);
        if !number("/id").is_some_and(|id| numbers.insert(id)) {
            report(format!("panel {title:?} has no unique id"));
        }
        let position = ["x", "y", "w", "h"].map(|key| number(&format!("/gridPos/{key}")));
        let [Some(x), Some(y), Some(w @ 1..), Some(h @ 1..)] = position else {
            report(format!("panel {title:?} has no valid gridPos"));
            continue;
        };
        if x + w > 24 {
            report(format!("panel {title:?} exceeds the 24 columns"));
        }
        let cells = (x..x + w).flat_map(|x| (y..y + h).map(move |y| (x, y)));
        // All cells are inserted, even if one is occupied already.
        if cells.filter(|cell| !occupied.insert(*cell)).count() > 0 {
            report(format!("panel {title:?} overlaps another one"));
        }
    }
}

/// Checks that the variable `window` offers the recorded windows, and that queries use existing variables.
fn check_variables(dashboard: &Dashboard, recorded: &Recorded, report: &mut dyn FnMut(String)) {
    for variable in dashboard.variables() {
        let name = text(variable, "/name");
        let options: BTreeSet<&str> = list(variable, "/options")
            .map(|option| text(option, "/value"))
            .collect();
        if name == "window" && options != recorded.windows() {
            report(format!(
                "the variable window offers {options:?}, but the rules record {:?}",
                recorded.windows()
            ));
        }
    }
    let existing: BTreeSet<&str> = dashboard
        .variables()
        .map(|variable| text(variable, "/name"))
        .collect();
    for panel in dashboard.panels() {
        for (_, query) in panel.queries() {
            let values: Vec<_> = VARIABLES
                .into_iter()
                .filter(|(name, _)| existing.contains(name))
                .collect();
            if let Err(error) = fill(query, &values) {
                report(format!("panel {:?}: {error}", panel.title()));
            }
        }
    }
}

/// Checks a query without running it.
fn check_query(query: &str, recorded: &Recorded, report: &mut dyn FnMut(String)) {
    for name in metric_names(query) {
        if name.contains(':') && !recorded.names().contains(name) {
            report(format!("no rule records {name}"));
        }
    }
    for window in recorded::windows_selected(query) {
        if !recorded.windows().contains(window) {
            report(format!("no rule records the window {window}"));
        }
    }
    // Prometheus 3 stores le="1" as le="1.0".
    let compact: String = query.split_whitespace().collect();
    if ["{le=", ",le=", "{le!", ",le!"]
        .iter()
        .any(|selector| compact.contains(selector))
    {
        report(
            "it selects a bucket by le, which Prometheus versions write differently (1 and 1.0)"
                .to_owned(),
        );
    }
}

#[cfg(test)]
mod tests;
