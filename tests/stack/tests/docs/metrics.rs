//! Checks metrics, recorded series and alerts. [`super::endpoints`] checks the metrics of Prometheus and Alertmanager.

use std::collections::BTreeSet;

use stack_tests::documents::{Document, assert_none, is_function, sources, words};

/// The prefixes of our metrics.
const OURS: [&str; 6] = [
    "ping_",
    "api_gateway_",
    "alert_logger_",
    "dashboard_ui_",
    "demo_target_",
    "config_reloader_",
];

/// The suffixes that exposition adds to a metric's name, and the suffixes of the metrics of every service.
const SUFFIXES: [&str; 4] = ["_bucket", "_sum", "_count", "_total"];
const OF_EVERY_SERVICE: [&str; 2] = ["_requests", "_request_duration_seconds"];

/// Returns the names of recorded series (`record`) or alerts (`alert`) in the rules.
fn rules(key: &str) -> BTreeSet<String> {
    let text = sources(&["monitoring/prometheus/rules"]);
    let begin = format!("- {key}: ");
    text.lines()
        .filter_map(|line| line.trim_start().strip_prefix(&begin))
        .map(|name| name.trim().to_owned())
        .collect()
}

fn is_metric(sources: &str, name: &str) -> bool {
    let base = SUFFIXES.iter().fold(name, |name, suffix| {
        name.strip_suffix(suffix).unwrap_or(name)
    });
    OF_EVERY_SERVICE.iter().any(|suffix| base.ends_with(suffix))
        || [name, base].iter().any(|name| {
            sources.contains(&format!("\"{name}\"")) || sources.contains(&format!("{name}{{"))
        })
}

/// Returns the first word of a name in camel case: `Target` of `TargetDown`.
fn first_word(name: &str) -> &str {
    let end = name
        .char_indices()
        .skip(1)
        .find(|(_, char)| char.is_uppercase())
        .map_or(name.len(), |(index, _)| index);
    &name[..end]
}

#[test]
fn every_metric_is_exported_or_recorded() {
    let (services, terraform) = (sources(&["services"]), sources(&["terraform"]));
    let tests = sources(&["services", "tests"]);
    let recorded = rules("record");
    assert!(recorded.contains("target:availability:ratio"));
    let mut problems = Vec::new();
    for document in Document::all() {
        for code in document.code() {
            for word in words(&code.text, "_:") {
                let word = word.trim_matches(':');
                let ours = OURS.iter().any(|begin| word.starts_with(begin)) && !word.ends_with('_');
                let exists = if word.starts_with("target:") && word.matches(':').count() == 2 {
                    recorded.contains(word)
                } else {
                    !ours
                        || is_metric(&services, word)
                        || is_function(&tests, word)
                        // A Terraform variable with a similar name.
                        || terraform.contains(word)
                };
                if !exists {
                    problems.push((code.location.clone(), format!("there is no metric {word}")));
                }
            }
        }
    }
    assert_none("metrics", &problems);
}

#[test]
fn every_alert_is_in_the_rules() {
    let alerts = rules("alert");
    let families: BTreeSet<&str> = alerts.iter().map(|alert| first_word(alert)).collect();
    assert!(families.contains("Target"));
    let mut problems = Vec::new();
    for document in Document::all() {
        for code in document.code().into_iter().filter(|code| !code.fenced) {
            let name = code.text.as_str();
            let camel =
                name.chars().all(char::is_alphanumeric) && first_word(name).len() < name.len();
            if camel && families.contains(first_word(name)) && !alerts.contains(name) {
                problems.push((code.location, format!("there is no alert {name}")));
            }
        }
    }
    assert_none("alerts", &problems);
}

#[test]
fn a_metric_that_no_service_exports_is_found() {
    let sources = sources(&["services"]);
    for right in [
        "ping_up",
        "ping_latency_seconds_bucket",
        "api_gateway_requests_total",
    ] {
        assert!(is_metric(&sources, right), "{right}");
    }
    for wrong in ["ping_downtime_seconds", "alert_logger_lines_total"] {
        assert!(!is_metric(&sources, wrong), "{wrong}");
    }
}
