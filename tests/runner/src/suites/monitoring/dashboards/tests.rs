use std::path::Path;

use gateway_api::slo::{BUDGET_WINDOW, WINDOWS};
use lab::plan::rule_files::RuleFile;

use super::*;

fn repository() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn dashboards() -> Vec<Dashboard> {
    Dashboard::read_all(&repository().join("monitoring/grafana/dashboards")).unwrap()
}

fn recorded() -> Recorded {
    let rules = repository().join("monitoring/prometheus/rules");
    Recorded::of(&RuleFile::read_all(&rules).unwrap())
}

/// Returns the problems after `change` of the overview.
fn after(change: impl FnOnce(&mut Value)) -> String {
    let mut dashboards = dashboards();
    let overview = dashboards
        .iter_mut()
        .find(|dashboard| dashboard.file == "overview.json")
        .unwrap();
    change(&mut overview.json);
    problems(&dashboards, &recorded()).join("\n")
}

#[test]
fn the_dashboards_have_no_problems() {
    assert_eq!(problems(&dashboards(), &recorded()), [] as [String; 0]);
}

#[test]
fn promtool_gets_every_query_without_variables() {
    let rules = as_rules(&dashboards()).unwrap();
    let queries: usize = dashboards()
        .iter()
        .flat_map(Dashboard::panels)
        .map(|panel| panel.queries().count())
        .sum();
    let rules: Vec<&Value> = list(&rules, "/groups")
        .flat_map(|group| list(group, "/rules"))
        .collect();
    assert!(queries > 20 && rules.len() == queries, "{queries}");
}

#[test]
fn wrong_properties_of_a_dashboard_are_found() {
    for (key, value, problem) in [
        ("uid", json!("other"), "must be uptimepulse-overview"),
        ("__inputs", json!([]), "imported by hand"),
        ("id", json!(7), "Grafana's own number"),
        ("refresh", json!("5s"), "must be 15s"),
        (
            "time",
            json!({"from": "2026-01-01T00:00:00Z", "to": "now"}),
            "now-… to now",
        ),
    ] {
        let problems = after(|json| json[key] = value);
        assert!(problems.contains(problem), "{key}: {problems}");
    }
}

#[test]
fn overlapping_panels_are_found() {
    let problems =
        after(|json| json["panels"][1]["gridPos"] = json["panels"][0]["gridPos"].clone());
    assert!(
        problems.contains("\"Successful pings\" overlaps"),
        "{problems}"
    );
    let problems = after(|json| json["panels"][0]["gridPos"]["x"] = json!(23));
    assert!(problems.contains("exceeds the 24 columns"), "{problems}");
    let problems = after(|json| json["panels"][1]["id"] = json["panels"][0]["id"].clone());
    assert!(problems.contains("no unique id"), "{problems}");
}

#[test]
fn broken_links_are_found() {
    let problems = after(|json| json["links"][0]["url"] = json!("/d/uptimepulse-nothing"));
    assert!(problems.contains("the uid of no dashboard"), "{problems}");
    let problems =
        after(|json| json["links"][0]["url"] = json!("/d/uptimepulse-target?var-tarket=a"));
    assert!(problems.contains("sets the variable tarket"), "{problems}");
    let problems = after(|json| json["links"][0]["url"] = json!("http://example.org"));
    assert!(problems.contains("must be a dashboard"), "{problems}");
}

#[test]
fn queries_of_unrecorded_series_are_found() {
    for (query, problem) in [
        (
            "target:availability:rate",
            "no rule records target:availability:rate",
        ),
        ("a{window=~\"5m|7d\"}", "no rule records the window 7d"),
        ("a{target=\"$tarket\"}", "no variable $tarket"),
        ("b_bucket{target=\"a\", le=\"1\"}", "selects a bucket"),
    ] {
        let problems = after(|json| json["panels"][0]["targets"][0]["expr"] = json!(query));
        assert!(problems.contains(problem), "{query}: {problems}");
    }
    let problems = after(|json| {
        let windows = json.pointer_mut("/templating/list/1/options").unwrap();
        windows.as_array_mut().unwrap().pop();
    });
    assert!(problems.contains("variable window offers"), "{problems}");
}

#[test]
fn missing_and_misleading_settings_of_panels_are_found() {
    let green = json!({"mode": "absolute", "steps": [{"color": "green", "value": null}]});
    for (pointer, value, problem) in [
        ("/description", json!("How many."), "paragraph \"No data"),
        (
            "/datasource",
            json!({"uid": "P1809F7CD0C75ACF3"}),
            "not prometheus",
        ),
        ("/fieldConfig/defaults/noValue", json!(""), "noValue"),
        ("/fieldConfig/defaults/unit", json!(""), "no unit"),
        ("/fieldConfig/defaults/thresholds", green, "it is green"),
        ("/targets", json!([]), "has no query"),
    ] {
        let problems = after(|json| {
            let panel = &mut json["panels"][0];
            *panel.pointer_mut(pointer).unwrap() = value;
        });
        assert!(problems.contains(problem), "{pointer}: {problems}");
    }
    let problems = after(|json| {
        let table = json["panels"].as_array_mut().unwrap();
        let table = table
            .iter_mut()
            .find(|panel| panel["type"] == "table")
            .unwrap();
        table["transformations"][1]["options"]["renameByName"]["Value #Z"] = json!("Nothing");
    });
    assert!(
        problems.contains("no query returns the column \"Value #Z\""),
        "{problems}"
    );
}

#[test]
fn recorded_metrics_and_windows_are_read_from_the_rules() {
    let recorded = recorded();
    assert!(recorded.names().contains("target:availability:ratio"));
    assert!(recorded.windows().contains("14d") && !recorded.windows().contains("short"));
    assert_eq!(
        recorded.windows(),
        WINDOWS.into(),
        "the gateway and the page read these windows"
    );
    let rules = repository().join("monitoring/prometheus/rules/slo.yml");
    let rules = std::fs::read_to_string(rules).unwrap();
    let budget = format!("burn_rate{{window=\"{BUDGET_WINDOW}\"}})");
    assert!(rules.contains(&budget), "{budget}: {rules}");
}
