//! `cluster status`: the checks, by name.

use std::process::ExitCode;

use console::style;
use tokio::runtime::Runtime;

use super::Cluster;
use super::checks::{self, Checked};
use crate::error::Error;
use crate::output;

/// Shows what each check saw; exit code 1 if one failed.
pub fn run(cluster: &Cluster<'_>, runtime: &Runtime) -> Result<ExitCode, Error> {
    let kubectl = cluster.kubectl();
    output::tell(&format!(
        "context {}, namespace {}",
        kubectl.context, kubectl.namespace
    ));
    let checked = runtime.block_on(checks::run(&kubectl, &tags(cluster)));
    output::print(&table(&checked))?;
    Ok(if all_good(&checked) {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Where `load-images` writes what it loaded.
pub fn tags(cluster: &Cluster<'_>) -> std::path::PathBuf {
    cluster
        .installation
        .root
        .join("terraform/images.auto.tfvars.json")
}

pub fn all_good(checked: &[Checked]) -> bool {
    checked.iter().all(|check| check.outcome.is_ok())
}

pub fn table(checked: &[Checked]) -> String {
    checked
        .iter()
        .map(|check| match &check.outcome {
            Ok(seen) => format!("{}      {:<24} {seen}\n", style("ok").green(), check.name),
            Err(error) => format!("{}  {:<24} {error:#}\n", style("failed").red(), check.name),
        })
        .collect()
}
