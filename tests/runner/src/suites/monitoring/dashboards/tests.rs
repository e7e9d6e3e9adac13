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

/// What is said after `change` of the overview.
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
fn the_dashboards_are_as_they_should_be() {
    assert_eq!(problems(&dashboards(), &recorded()), [] as [String; 0]);
}

#[test]
fn promtool_gets_every_query_filled_in() {
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
fn a_frame_that_would_move_is_refused() {
    for (key, value, problem) in [
        ("uid", json!("other"), "has to be uptimepulse-overview"),
        ("__inputs", json!([]), "imported by hand"),
        ("id", json!(7), "Grafana's own number"),
        ("refresh", json!("5s"), "refresh every"),
        (
            "time",
            json!({"from": "2026-01-01T00:00:00Z", "to": "now"}),
            "end now",
        ),
    ] {
        let said = after(|json| json[key] = value);
        assert!(said.contains(problem), "{key}: {said}");
    }
}

#[test]
fn panels_that_lie_over_each_other_are_named() {
    let said = after(|json| json["panels"][1]["gridPos"] = json["panels"][0]["gridPos"].clone());
    assert!(said.contains("\"Successful pings\" lies over"), "{said}");
    let said = after(|json| json["panels"][0]["gridPos"]["x"] = json!(23));
    assert!(said.contains("over the 24 columns"), "{said}");
    let said = after(|json| json["panels"][1]["id"] = json["panels"][0]["id"].clone());
    assert!(said.contains("no id of its own"), "{said}");
}

#[test]
fn links_lead_somewhere() {
    let said = after(|json| json["links"][0]["url"] = json!("/d/uptimepulse-nothing"));
    assert!(said.contains("no dashboard has that uid"), "{said}");
    let said = after(|json| json["links"][0]["url"] = json!("/d/uptimepulse-target?var-tarket=a"));
    assert!(said.contains("sets the variable tarket"), "{said}");
    let said = after(|json| json["links"][0]["url"] = json!("http://example.org"));
    assert!(said.contains("neither a dashboard nor https"), "{said}");
}

#[test]
fn queries_ask_for_what_is_recorded() {
    for (query, problem) in [
        (
            "target:availability:rate",
            "no rule records target:availability:rate",
        ),
        ("a{window=~\"5m|7d\"}", "no rule records the window 7d"),
        ("a{target=\"$tarket\"}", "no variable $tarket"),
        ("b_bucket{target=\"a\", le=\"1\"}", "selects a bucket"),
    ] {
        let said = after(|json| json["panels"][0]["targets"][0]["expr"] = json!(query));
        assert!(said.contains(problem), "{query}: {said}");
    }
    let said = after(|json| {
        let windows = json.pointer_mut("/templating/list/1/options").unwrap();
        windows.as_array_mut().unwrap().pop();
    });
    assert!(said.contains("windows to choose from"), "{said}");
}

#[test]
fn panels_say_what_they_mean() {
    let green = json!({"mode": "absolute", "steps": [{"color": "green", "value": null}]});
    for (pointer, value, problem) in [
        ("/description", json!("How many."), "\"No data\" means"),
        (
            "/datasource",
            json!({"uid": "P1809F7CD0C75ACF3"}),
            "not prometheus",
        ),
        ("/fieldConfig/defaults/noValue", json!(""), "noValue"),
        ("/fieldConfig/defaults/unit", json!(""), "no unit"),
        ("/fieldConfig/defaults/thresholds", green, "it is green"),
        ("/targets", json!([]), "asks nothing"),
    ] {
        let said = after(|json| {
            let panel = &mut json["panels"][0];
            *panel.pointer_mut(pointer).unwrap() = value;
        });
        assert!(said.contains(problem), "{pointer}: {said}");
    }
    let said = after(|json| {
        let table = json["panels"].as_array_mut().unwrap();
        let table = table
            .iter_mut()
            .find(|panel| panel["type"] == "table")
            .unwrap();
        table["transformations"][1]["options"]["renameByName"]["Value #Z"] = json!("Nothing");
    });
    assert!(
        said.contains("no query makes the column \"Value #Z\""),
        "{said}"
    );
}

#[test]
fn what_is_recorded_is_read_from_the_rules() {
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
