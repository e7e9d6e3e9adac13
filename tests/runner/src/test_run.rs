//! One run of `test`: the repository, its servers, and locks for resources that one suite at a time may use.

use std::fs::File;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Mutex;

use anyhow::Context as _;
use clap::Args;
use lab::state::paths::{Installation, StateDir};
use lab::tools::Tools;

use crate::steps::Steps;

/// The options of suites.
#[derive(Debug, Args)]
pub struct Options {
    /// Install missing packages into the system
    #[arg(long)]
    pub install: bool,

    /// Also run checks that take too long for every run: all of nix flake check, each of its checks with a broken input,
    /// and a minute for each fuzz target
    #[arg(long)]
    pub weekly: bool,
}

/// One run of `test`.
#[derive(Debug)]
pub struct TestRun {
    pub installation: Installation,
    state: StateDir,
    /// Whether packages may be installed into the system.
    pub install: bool,
    /// Whether to run the checks that take too long for every run.
    pub weekly: bool,
    /// Held by the suite that installs packages into the system.
    pub packages: Mutex<()>,
    /// Held by the suite that downloads the servers.
    servers: Mutex<()>,
    /// Held by the suite that downloads the test tools.
    pub test_tools: Mutex<()>,
    /// Held by the suite that builds tools with Go.
    pub go_tools: Mutex<()>,
    /// Held by the suite that compiles the workspace, because cargo would block the others anyway.
    cargo: Mutex<()>,
}

impl TestRun {
    /// Prepares a run in the repository of `installation`.
    ///
    /// # Errors
    /// The installation is not a checkout of the repository.
    pub fn new(
        installation: Installation,
        state: StateDir,
        options: &Options,
    ) -> anyhow::Result<Self> {
        anyhow::ensure!(
            installation.root.join("Cargo.lock").is_file(),
            "./lab test needs a checkout of the repository, and there is no Cargo.lock beside monitoring/"
        );
        Ok(Self {
            installation,
            state,
            install: options.install,
            weekly: options.weekly,
            packages: Mutex::default(),
            servers: Mutex::default(),
            test_tools: Mutex::default(),
            go_tools: Mutex::default(),
            cargo: Mutex::default(),
        })
    }

    /// Finds or downloads Prometheus, Alertmanager and Grafana.
    pub fn servers(&self, steps: &mut Steps) -> anyhow::Result<Tools> {
        let _servers = steps.wait_for("the servers", &self.servers);
        let search_path = std::env::var_os("PATH").unwrap_or_default();
        let mut say = |what: &str| steps.say(what);
        Tools::find_or_fetch(&search_path, &self.installation.tools_dir(), &mut say)
    }

    /// Returns the cargo that the entry script found, in the repository's root.
    pub fn cargo(&self) -> Command {
        let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        command.current_dir(&self.installation.root);
        command
    }

    /// Runs a step that compiles the workspace.
    pub fn compile(&self, steps: &mut Steps, name: &str, command: &mut Command) {
        let _cargo = steps.wait_for("cargo", &self.cargo);
        steps.command(name, command);
    }

    /// Creates an empty folder for the evidence of a failed step.
    pub fn evidence(&self, suite: &str) -> anyhow::Result<PathBuf> {
        self.empty_folder(&["failed", suite])
    }

    /// Creates an empty folder for the output of suites that run at the same time.
    pub fn logs(&self) -> anyhow::Result<PathBuf> {
        self.empty_folder(&["test"])
    }

    fn empty_folder(&self, names: &[&str]) -> anyhow::Result<PathBuf> {
        let mut folder = self.state.path().to_path_buf();
        folder.extend(names);
        if folder.exists() {
            std::fs::remove_dir_all(&folder)?;
        }
        std::fs::create_dir_all(&folder)
            .with_context(|| format!("can't create {}", folder.display()))?;
        Ok(folder)
    }

    /// Locks the repository against another `test`, which would share target folders and tools.
    pub fn lock(&self) -> anyhow::Result<File> {
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
