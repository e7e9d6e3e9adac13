//! The arguments of the servers. The services have none.

use std::ffi::{OsStr, OsString};

use super::Plan;
use crate::part::Part;
use crate::state::paths::PROMETHEUS_CONFIG;
use crate::tools::GrafanaTool;

/// The queries that Prometheus answers at the same time, those of rules not among them. Two gateways ask for 7 each at most (2
/// about the state of the lab, and their limits `prometheus_queries` and `prometheus_windows`); two are for people.
pub const PROMETHEUS_QUERIES: usize = 16;

/// Returns the arguments of Prometheus.
pub fn prometheus(plan: &Plan<'_>, retention: &OsStr) -> Vec<OsString> {
    let mut args = vec![
        // Relative to the folder it runs in: Prometheus joins the folder of this path with the globs of `rule_files` and
        // reads the result as one glob, so that a bracket or a backslash in the path would match no file.
        flag("--config.file", PROMETHEUS_CONFIG),
        flag("--storage.tsdb.path", plan.state.prometheus_data()),
        flag("--storage.tsdb.retention.time", retention),
        flag("--query.max-concurrency", PROMETHEUS_QUERIES.to_string()),
        flag(
            "--web.listen-address",
            plan.ports.address(Part::Prometheus).to_string(),
        ),
        // In the links of alerts, which otherwise carry the machine's name: only loopback answers.
        flag("--web.external-url", plan.ports.url(Part::Prometheus)),
    ];
    if let Some(assets) = &plan.tools.prometheus.web_assets {
        args.push(flag("--web.local-assets", assets));
    }
    args
}

/// Returns the arguments of Alertmanager.
pub fn alertmanager(plan: &Plan<'_>) -> Vec<OsString> {
    vec![
        flag("--config.file", plan.state.alertmanager_config()),
        flag(
            "--storage.path",
            plan.state.part(Part::Alertmanager).join("data"),
        ),
        flag(
            "--web.listen-address",
            plan.ports.address(Part::Alertmanager).to_string(),
        ),
        flag("--web.external-url", plan.ports.url(Part::Alertmanager)),
        // One alone: no gossip, no port for it.
        flag("--cluster.listen-address", ""),
    ]
}

/// Returns the arguments of Grafana.
pub fn grafana(grafana: &GrafanaTool) -> Vec<OsString> {
    let subcommand = grafana.wants_subcommand.then(|| OsString::from("server"));
    subcommand
        .into_iter()
        .chain([flag("--homepath", &grafana.home)])
        .collect()
}

fn flag(name: &str, value: impl Into<OsString>) -> OsString {
    let mut flag = OsString::from(name);
    flag.push("=");
    flag.push(value.into());
    flag
}
