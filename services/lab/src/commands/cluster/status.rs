//! `cluster status`: runs the checks and shows their results.

use std::process::ExitCode;
use std::time::Duration;

use console::style;
use tokio::runtime::Runtime;

use super::Cluster;
use super::checks::{self, CheckResult, all_passed, any_needs_action};
use crate::cli::Error;
use crate::terminal::output;

/// The time limit for failures that need no action: a rollout takes a minute, a first scrape and evaluation half a minute
/// more, a first Watchdog 75 s.
const TIME_LIMIT: Duration = Duration::from_secs(90);

/// Shows the result of each check; exit code 1 if one failed.
pub fn run(cluster: &Cluster<'_>, runtime: &Runtime) -> Result<ExitCode, Error> {
    let kubectl = cluster.kubectl();
    output::notice(&format!(
        "context {}, namespace {}",
        kubectl.context, kubectl.namespace
    ));
    let results = runtime.block_on(checks::wait(
        &kubectl,
        &tags(cluster),
        TIME_LIMIT,
        any_needs_action,
    ));
    output::print(&table(&results))?;
    Ok(if all_passed(&results) {
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

pub fn table(results: &[CheckResult]) -> String {
    results
        .iter()
        .map(|check| match &check.outcome {
            Ok(text) => format!("{}      {:<24} {text}\n", style("ok").green(), check.name),
            Err(error) => format!("{}  {:<24} {error:#}\n", style("failed").red(), check.name),
        })
        .collect()
}
