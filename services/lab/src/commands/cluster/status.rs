//! `cluster status`: the checks, by name.

use std::process::ExitCode;
use std::time::Duration;

use console::style;
use tokio::runtime::Runtime;

use super::Cluster;
use super::checks::{self, Checked, all_good, something_lasts};
use crate::cli::Error;
use crate::terminal::output;

/// The time limit for failures that pass by themselves: a rollout takes a minute, a first scrape and evaluation half
/// a minute more, a first Watchdog 75 s.
const SETTLES_WITHIN: Duration = Duration::from_secs(90);

/// Shows the result of each check; exit code 1 if one failed.
pub fn run(cluster: &Cluster<'_>, runtime: &Runtime) -> Result<ExitCode, Error> {
    let kubectl = cluster.kubectl();
    output::notice(&format!(
        "context {}, namespace {}",
        kubectl.context, kubectl.namespace
    ));
    let checked = runtime.block_on(checks::settle(
        &kubectl,
        &tags(cluster),
        SETTLES_WITHIN,
        something_lasts,
    ));
    output::print(&table(&checked))?;
    Ok(if all_good(&checked) {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Returns the file in which `load-images` records the tags.
pub fn tags(cluster: &Cluster<'_>) -> std::path::PathBuf {
    cluster
        .installation
        .root
        .join("terraform/images.auto.tfvars.json")
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
