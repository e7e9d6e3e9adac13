//! `test`: runs every suite that this machine can run. The summary lists the parts that it can't run.
//!
//! Suites that wait for a lab, a cluster or a browser run at the same time as those that compute (`schedule`).

mod api;
mod browser;
mod cluster;
mod fuzz;
mod monitoring;
mod nix;
mod rust;
mod schedule;
mod stack;
mod summary;
mod terraform;

use std::process::ExitCode;

use clap::{Args, ValueEnum};
use lab::cli::Error;
use lab::state::paths::{Installation, StateDir};
use lab::terminal::output;

use crate::steps::Steps;
use crate::test_run::{Options, TestRun};

/// Arguments of `test`.
#[derive(Debug, Args)]
pub struct TestArgs {
    /// The suites to run [default: all]
    #[arg(value_name = "SUITE")]
    pub suites: Vec<Suite>,

    /// List the suites
    #[arg(long)]
    pub list: bool,

    /// The options of all suites.
    #[command(flatten)]
    pub options: Options,
}

/// A suite.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Suite {
    /// Formatting, lints, tests, documentation and dependencies of the Rust code
    Rust,
    /// The configuration, rules, rule tests and dashboards in monitoring/
    Monitoring,
    /// The built services with real servers: alerts, crashes, mail, wrong configuration, 10,000 targets
    Stack,
    /// The gateway's responses against its OpenAPI description (schemathesis), also with hostile names
    Api,
    /// The status page in headless Chromium: live, blind, by keyboard, accessible, with hostile names
    Browser,
    /// Every parser of untrusted input, with random bytes
    Fuzz,
    /// Terraform's configuration and the Helm chart, with all their variants
    Terraform,
    /// The Nix flake: its checks, its images in containerd, its apps and its shell
    Nix,
    /// The whole stack on its own Kubernetes: apply, alerts, policies, restarts, edits, destroy
    Cluster,
}

impl Suite {
    fn name(self) -> String {
        self.to_possible_value()
            .map(|value| value.get_name().to_owned())
            .unwrap_or_default()
    }

    fn about(self) -> String {
        let value = self.to_possible_value();
        value
            .and_then(|value| value.get_help().map(ToString::to_string))
            .unwrap_or_default()
    }

    fn run(self, test_run: &TestRun, steps: &mut Steps) -> anyhow::Result<()> {
        match self {
            Self::Rust => rust::run(test_run, steps),
            Self::Monitoring => monitoring::run(test_run, steps),
            Self::Stack => stack::run(test_run, steps),
            Self::Api => api::run(test_run, steps),
            Self::Browser => browser::run(test_run, steps),
            Self::Fuzz => fuzz::run(test_run, steps),
            Self::Terraform => terraform::run(test_run, steps),
            Self::Nix => nix::run(test_run, steps),
            Self::Cluster => cluster::run(test_run, steps),
        }
    }
}

/// Runs the suites that `args` name, else all.
///
/// # Errors
/// The installation is not a checkout of the repository.
pub fn run(
    installation: Installation,
    state: StateDir,
    args: &TestArgs,
) -> Result<ExitCode, Error> {
    if args.list {
        let lines: String = Suite::value_variants()
            .iter()
            .map(|suite| format!("{:<12} {}\n", suite.name(), suite.about()))
            .collect();
        output::print(&lines)?;
        return Ok(ExitCode::SUCCESS);
    }
    let test_run = TestRun::new(installation, state, &args.options)?;
    let _lock = test_run.lock()?;
    let chosen = if args.suites.is_empty() {
        Suite::value_variants()
    } else {
        &args.suites
    };
    let (summary, took) = schedule::run(&test_run, chosen)?;
    output::print(&summary.table(took))?;
    Ok(if summary.all_good() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_suite_runs_in_the_workflow() {
        let file = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../.github/workflows/ci.yml"
        );
        let workflow = std::fs::read_to_string(file).unwrap();
        let suites: Vec<String> = Suite::value_variants()
            .iter()
            .map(|suite| suite.name())
            .collect();
        let line = format!("suite: [{}]", suites.join(", "));
        assert!(workflow.contains(&line), "{file} has no {line}");
    }
}
