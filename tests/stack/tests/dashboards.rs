//! Every query of every panel returns data in a lab that has everything that panels show.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests: a panic is the message"
)]

use std::collections::BTreeSet;
use std::time::Duration;

use lab::part::ports::Ports;
use runner::dashboards::{Dashboard, Panel, fill, list, metric_names, text};
use rustix::process::{Signal, kill_process};
use serde_json::{Value, json};
use stack_tests::{lab, set_fault};
use test_support::{Lab, eventually, get_json, get_text, repository, until, within};

/// The target with a certificate, a latency objective and failures.
const TARGET: &str = "shop";

/// The values of the dashboards' variables.
const VARIABLES: [(&str, &str); 2] = [("target", TARGET), ("window", "1h")];

/// The error budget depends on two groups of rules that are evaluated every four minutes, in the worst case one after the
/// other, and on one that is evaluated every minute.
const FILLED_WITHIN: Duration = Duration::from_secs(570);

/// A query without data in this lab: file, panel, letter, and what it needs.
type Unfilled = (&'static str, &'static str, &'static str, &'static str);

const UNFILLED: [Unfilled; 1] = [(
    "lab.json",
    "Disk",
    "C",
    "a limit of Prometheus' storage in bytes, which the chart sets",
)];

/// Metrics that older Prometheus versions lack, and what they need. Their queries return data if the metric exists.
const NEWER: [(&str, &str); 1] = [(
    "prometheus_tsdb_wal_storage_size_bytes",
    "a newer Prometheus than Debian 12's",
)];

/// Returns a `targets.toml` with a target that has a certificate and a latency objective, and one in maintenance.
fn targets(lab: &Lab) -> String {
    let tls = Ports::new(Some(lab.port_base())).demo_tls_address();
    let resting = lab.url("demo-target", "/ok");
    format!(
        "
        [[target]]
        name = \"{TARGET}\"
        url = \"https://{tls}/t/shop\"
        interval_seconds = 5
        latency_objective_seconds = 0.5

        [[target]]
        name = \"resting\"
        url = \"{resting}\"
        interval_seconds = 5

        [[target.maintenance]]
        start = 2026-01-01T00:00:00Z
        end = 2099-01-01T00:00:00Z
        "
    )
}

/// Starts a lab whose agent trusts the demo target's CA, which the lab creates at its start.
async fn lab_with_a_certificate() -> (Lab, tempfile::NamedTempFile) {
    let trusted = tempfile::NamedTempFile::new().unwrap();
    let path = trusted.path().to_str().unwrap();
    let lab = lab().variable("SSL_CERT_FILE", path).up();
    let ca = get_text(&lab.url("demo-target", "/tls/ca.pem")).await;
    std::fs::write(trusted.path(), ca.unwrap()).unwrap();
    let first = lab.pid("ping-agent");
    kill_process(first, Signal::KILL).unwrap();
    until("another agent is ready", async || {
        let agent = lab.status("ping-agent");
        agent["state"] == "ready" && agent["pid"] != first.as_raw_nonzero().get()
    })
    .await;
    (lab, trusted)
}

#[tokio::test]
async fn every_query_of_every_panel_returns_data() {
    let (lab, _trusted) = lab_with_a_certificate().await;
    std::fs::write(lab.state_dir().join("targets.toml"), targets(&lab)).unwrap();
    let succeeded = format!("ping_success_total{{target=\"{TARGET}\"}} > 0");
    eventually("a probe succeeded", || async {
        lab.query(&succeeded).await.pop()
    })
    .await;
    set_fault(&lab, TARGET, &json!({"kind": "status", "status": 500})).await;

    let dashboards =
        Dashboard::read_all(&repository().join("monitoring/grafana/dashboards")).unwrap();
    let mut queried = BTreeSet::new();
    for (dashboard, panel) in panels(&dashboards) {
        for (letter, query) in panel.queries() {
            let query = fill(query, &VARIABLES).unwrap();
            let what = format!(
                "{}, panel {:?}, {letter}: {query}",
                dashboard.file,
                panel.title()
            );
            if missing_requirement(&lab, dashboard, panel, letter, &query)
                .await
                .is_none()
            {
                within(FILLED_WITHIN, &what, || async {
                    lab.query(&query).await.pop()
                })
                .await;
                queried.extend(metric_names(&query).into_iter().map(str::to_owned));
            }
        }
        if text(panel.json, "/type") == "table" {
            check_columns(&lab, dashboard, panel).await;
        }
    }
    check_variables(&lab, &dashboards).await;
    let existing = series_names(&lab).await;
    let unknown: Vec<_> = queried.difference(&existing).collect();
    assert!(unknown.is_empty(), "no such metrics: {unknown:?}");

    // Last, so that these queries had time to return data, too.
    for (dashboard, panel) in panels(&dashboards) {
        for (letter, query) in panel.queries() {
            let query = fill(query, &VARIABLES).unwrap();
            if let Some(reason) = missing_requirement(&lab, dashboard, panel, letter, &query).await
            {
                let found = lab.query(&query).await;
                let what = format!("{}, panel {:?}, {letter}", dashboard.file, panel.title());
                assert!(
                    found.is_empty(),
                    "{what} is listed as a query that needs {reason}, but returned {found:?}"
                );
                println!("{what} returns no data here: it needs {reason}");
            }
        }
    }
    for (file, title, letter, _) in UNFILLED {
        let is_there = panels(&dashboards).any(|(dashboard, panel)| {
            dashboard.file == file
                && panel.title() == title
                && panel.queries().any(|(other, _)| other == letter)
        });
        assert!(
            is_there,
            "{file} has no query {letter} in a panel {title:?}"
        );
    }
}

fn panels(dashboards: &[Dashboard]) -> impl Iterator<Item = (&Dashboard, Panel<'_>)> {
    let panels = |dashboard| Dashboard::panels(dashboard).map(move |panel| (dashboard, panel));
    dashboards.iter().flat_map(panels)
}

/// Returns what the query needs and this lab lacks; `None` if it lacks nothing.
async fn missing_requirement(
    lab: &Lab,
    dashboard: &Dashboard,
    panel: Panel<'_>,
    letter: &str,
    query: &str,
) -> Option<&'static str> {
    let listed = UNFILLED.iter().find(|(file, title, other, _)| {
        (*file, *title, *other) == (&dashboard.file, panel.title(), letter)
    });
    if let Some((.., reason)) = listed {
        return Some(reason);
    }
    let names = metric_names(query);
    let (metric, reason) = NEWER.iter().find(|(metric, _)| names.contains(metric))?;
    let is_there = series_names(lab).await.contains(*metric);
    (!is_there).then_some(reason)
}

/// Checks that every column that shows a label has data, and that every label is a column or hidden.
async fn check_columns(lab: &Lab, dashboard: &Dashboard, panel: Panel<'_>) {
    let names = |key: &str| -> BTreeSet<String> {
        let pointer = format!("/options/{key}");
        list(panel.json, "/transformations")
            .filter_map(|step| step.pointer(&pointer)?.as_object())
            .flat_map(|names| names.keys())
            .filter(|name| !name.starts_with("Value"))
            .cloned()
            .collect()
    };
    let (shown, hidden) = (names("renameByName"), names("excludeByName"));
    let what = format!(
        "{}: the columns {shown:?} of {:?}",
        dashboard.file,
        panel.title()
    );
    let (labels, _) = within(FILLED_WITHIN, &what, || async {
        let labels = labels(lab, panel).await;
        shown.is_subset(&labels).then_some(labels)
    })
    .await;
    let columns = shown.union(&hidden).cloned().collect();
    let more: Vec<_> = labels.difference(&columns).collect();
    assert!(
        more.is_empty(),
        "{what}, and the unexpected columns {more:?}"
    );
}

/// Returns the labels in the results of a panel's queries.
async fn labels(lab: &Lab, panel: Panel<'_>) -> BTreeSet<String> {
    let mut labels = BTreeSet::new();
    for (_, query) in panel.queries() {
        for series in lab.query(&fill(query, &VARIABLES).unwrap()).await {
            labels.extend(series["metric"].as_object().unwrap().keys().cloned());
        }
    }
    labels
}

async fn series_names(lab: &Lab) -> BTreeSet<String> {
    values(lab, "/api/v1/label/__name__/values").await
}

async fn values(lab: &Lab, path: &str) -> BTreeSet<String> {
    let answer = get_json(&lab.url("prometheus", path)).await;
    list(&answer.unwrap_or_default(), "/data")
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect()
}

/// Checks that the variables with values from metrics offer the target.
async fn check_variables(lab: &Lab, dashboards: &[Dashboard]) {
    let variables = dashboards.iter().flat_map(Dashboard::variables);
    let queries: Vec<&str> = variables
        .filter(|variable| text(variable, "/type") == "query")
        .map(|variable| text(variable, "/query/query"))
        .collect();
    assert!(!queries.is_empty());
    for query in queries {
        let (metric, label) = query
            .strip_prefix("label_values(")
            .and_then(|rest| rest.strip_suffix(')')?.split_once(", "))
            .unwrap_or_else(|| panic!("not label_values(METRIC, LABEL): {query}"));
        let path = format!("/api/v1/label/{label}/values?match[]={metric}");
        let found = values(lab, &path).await;
        assert!(found.contains(TARGET), "{query}: {found:?}");
    }
}
