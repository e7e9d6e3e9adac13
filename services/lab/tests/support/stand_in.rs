//! The responses of the stand-ins to the checks of `up`.

use std::fs;

use serde_json::{Value, json};
use targets::{Defaults, TargetSource};

/// Returns the body of the response to `request`.
pub fn response(request: &str) -> String {
    let path = request.split([' ', '?']).nth(1).unwrap_or_default();
    match path {
        "/api/v1/rules" => success(json!({ "groups": [] })),
        "/api/v1/targets" => success(json!({ "activeTargets": scraped() })),
        "/api/v1/alertmanagers" => {
            let url =
                |address: &String| json!({ "url": format!("http://{address}/api/v2/alerts") });
            let active: Vec<Value> = discovered("alertmanagers").iter().map(url).collect();
            success(json!({ "activeAlertmanagers": active }))
        }
        "/metrics" => metrics(),
        _ => String::new(),
    }
}

fn success(data: Value) -> String {
    json!({ "status": "success", "data": data }).to_string()
}

/// Returns the addresses in a discovery file. Prometheus' working folder is the folder above.
fn discovered(job: &str) -> Vec<String> {
    let text = fs::read_to_string(format!("discovery/{job}.json")).unwrap();
    let groups: Value = serde_json::from_str(&text).unwrap();
    let groups = groups.as_array().unwrap().iter();
    groups
        .flat_map(|group| group["targets"].as_array().unwrap())
        .map(|address| address.as_str().unwrap().to_owned())
        .collect()
}

fn scraped() -> Vec<Value> {
    lab::part::Part::ALL
        .iter()
        .flat_map(|part| {
            let target = |address| json!({ "labels": { "job": part.name(), "instance": address } });
            discovered(part.name()).into_iter().map(target)
        })
        .collect()
}

/// Returns a line of `ping_target_info` for each configured target.
fn metrics() -> String {
    let variable = |name| std::env::var(name).ok();
    TargetSource::new(
        variable("PING_TARGET_URLS"),
        variable("PING_TARGETS_FILE").map(Into::into),
        Defaults::for_listing(),
    )
    .load()
    .map(|set| "ping_target_info{} 1\n".repeat(set.len()))
    .unwrap_or_default()
}
