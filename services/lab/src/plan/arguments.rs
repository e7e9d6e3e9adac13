//! The arguments of the servers. The services have none.

use std::ffi::{OsStr, OsString};

use super::Plan;
use crate::part::Part;
use crate::state::paths::PROMETHEUS_CONFIG;
use crate::tools::GrafanaTool;

/// The concurrency limit of Prometheus' queries, except those of rules: at most 7 for each of two gateways (2 for the
/// state of the lab, and their limits `prometheus_queries` and `prometheus_windows`), and two for people.
pub const PROMETHEUS_QUERIES: usize = 16;

/// Returns the arguments of Prometheus.
pub fn prometheus(plan: &Plan<'_>, retention: &OsStr) -> Vec<OsString> {
    let mut args = vec![
        // Relative to the working folder: Prometheus joins the folder of this path with the globs of `rule_files` into
        // one glob, so a bracket or a backslash in an absolute path would match no file.
        flag("--config.file", PROMETHEUS_CONFIG),
        flag("--storage.tsdb.path", plan.state.prometheus_data()),
        flag("--storage.tsdb.retention.time", retention),
        flag("--query.max-concurrency", PROMETHEUS_QUERIES.to_string()),
        flag(
            "--web.listen-address",
            plan.ports.address(Part::Prometheus).to_string(),
        ),
        // Without it, links in alerts contain the machine's name, but the lab listens only on loopback.
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
        // Disables clustering and its port: there is only one Alertmanager.
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
