//! `test`: everything that can be tested on this machine, suite by suite, and by name what can't.

mod api;
mod browser;
mod cluster;
mod fuzz;
mod go_tools;
mod monitoring;
mod nix;
mod node;
mod packages;
mod providers;
mod python;
mod rust;
mod stack;
mod steps;
mod summary;
mod terraform;

use std::fs::File;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use anyhow::Context as _;
use clap::ValueEnum;

use self::steps::Steps;
use self::summary::Summary;
use crate::cli::TestArgs;
use crate::error::Error;
use crate::output;
use crate::paths::{Installation, StateDir};
use crate::tools::Tools;

/// What is tested together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Suite {
    /// Formatting, lints, tests, documentation and dependencies of the Rust code
    Rust,
    /// Prometheus' and Alertmanager's own checks of what is in monitoring/, rule tests among them
    Monitoring,
    /// The built services beside real servers: alerts, crashes, mail, wrong configuration, 10,000 targets
    Stack,
    /// The gateway's answers against its own OpenAPI description, under schemathesis, and with hostile names
    Api,
    /// The status page in headless Chromium: live, blind, by keyboard, for everybody, whatever a target is called
    Browser,
    /// Everything that reads bytes from outside, fed with bytes nobody would send, a minute each
    Fuzz,
    /// Terraform's configuration and the Helm chart, with all their variants
    Terraform,
    /// The Nix flake: its checks, its images in containerd, its apps and its shell
    Nix,
    /// The whole stack on a Kubernetes of its own: apply, alerts, policies, restarts, edits, destroy
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

    fn run(self, workshop: &Workshop, steps: &mut Steps) -> anyhow::Result<()> {
        match self {
            Self::Rust => rust::run(workshop, steps),
            Self::Monitoring => monitoring::run(workshop, steps),
            Self::Stack => stack::run(workshop, steps),
            Self::Api => api::run(workshop, steps),
            Self::Browser => browser::run(workshop, steps),
            Self::Fuzz => fuzz::run(workshop, steps),
            Self::Terraform => terraform::run(workshop, steps),
            Self::Nix => nix::run(workshop, steps),
            Self::Cluster => cluster::run(workshop, steps),
        }
    }
}

/// What the suites work with.
#[derive(Debug)]
struct Workshop {
    installation: Installation,
    state: StateDir,
    /// Whether packages may be installed into the system.
    install: bool,
    /// Whether what is too long for every run is run, too.
    weekly: bool,
}

/// Runs the suites that `args` name, else all.
///
/// # Errors
/// There is no source to be tested here.
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
    if !installation.root.join("Cargo.lock").is_file() {
        return Err(anyhow::anyhow!(
            "./lab test needs the repository: there is no Cargo.lock beside monitoring/"
        )
        .into());
    }
    let workshop = Workshop {
        installation,
        state,
        install: args.install,
        weekly: args.weekly,
    };
    let _lock = workshop.lock()?;
    let chosen = if args.suites.is_empty() {
        Suite::value_variants()
    } else {
        &args.suites
    };
    let mut summary = Summary::default();
    for suite in chosen {
        let begun = Instant::now();
        let mut steps = Steps::new(suite.name());
        // What a suite could not even begin with is a failure of the suite, and the next one goes on.
        if let Err(error) = suite.run(&workshop, &mut steps) {
            steps.fail(&format!("{error:#}"));
        }
        summary.add(suite.name(), steps.end(), begun.elapsed());
    }
    output::print(&summary.table())?;
    Ok(if summary.all_good() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

impl Workshop {
    /// The servers that are not this repository's, fetched if need be.
    fn servers(&self) -> anyhow::Result<Tools> {
        let search_path = std::env::var_os("PATH").unwrap_or_default();
        let mut say = |what: &str| eprintln!("   {what}");
        Tools::find_or_fetch(&search_path, &self.installation.tools_dir(), &mut say)
    }

    /// An empty folder for what a failed step leaves to be looked at.
    fn evidence(&self, suite: &str) -> anyhow::Result<PathBuf> {
        let folder = self.state.path().join("failed").join(suite);
        if folder.exists() {
            std::fs::remove_dir_all(&folder)?;
        }
        std::fs::create_dir_all(&folder)
            .with_context(|| format!("can't create {}", folder.display()))?;
        Ok(folder)
    }

    /// One `test` at a time: they share target folders and tools.
    fn lock(&self) -> anyhow::Result<File> {
        let folder = self.installation.tools_dir();
        std::fs::create_dir_all(&folder)
            .with_context(|| format!("can't create {}", folder.display()))?;
        let path = folder.join("test.lock");
        let file =
            File::create(&path).with_context(|| format!("can't create {}", path.display()))?;
        file.try_lock()
            .context("another ./lab test is running in this repository; wait for it to end")?;
        Ok(file)
    }
}
