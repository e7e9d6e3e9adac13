//! The commands, one module for each.

pub mod cluster;
mod down;
mod logs;
pub mod sizing;
mod status;
mod up;

use std::process::ExitCode;

use anyhow::Context as _;
use tokio::runtime::{Builder, Runtime};

use self::cluster::data_path;
use crate::cli::{Cli, Command, Error};
use crate::process::ProcessIdentity;
use crate::state::lock;
use crate::state::paths::{Installation, StateDir};
use crate::state::record::LabRecord;
use crate::supervisor::exec_part;

/// The lab that a command works on.
#[derive(Debug)]
struct Lab {
    installation: Installation,
    state: StateDir,
}

/// Runs the command.
///
/// # Errors
/// The command failed, or its use is wrong.
pub fn run(cli: Cli) -> Result<ExitCode, Error> {
    if let Command::ExecPart(args) = &cli.command {
        return exec_part::run(args.supervisor, &args.command);
    }
    if let Command::CheckDataPath { gateway } = &cli.command {
        return runtime()?.block_on(data_path::run(gateway));
    }
    let installation = Installation::find()?;
    let lab = Lab {
        state: cli.state.of(&installation)?,
        installation,
    };
    match cli.command {
        Command::Up(args) => up::run(&lab, &args),
        Command::Status { json } => runtime()?.block_on(status::run(&lab, json)),
        Command::Logs { part, follow } => {
            runtime()?.block_on(logs::run(&lab, part.as_deref(), follow))
        }
        Command::Down => runtime()?.block_on(down::run(&lab)),
        Command::Sizing(args) => runtime()?.block_on(sizing::run(&lab, &args)),
        Command::Cluster(args) => cluster::run(&lab.installation, &lab.state, &runtime()?, &args),
        Command::CheckDataPath { .. } | Command::ExecPart(_) => Ok(ExitCode::SUCCESS),
    }
}

impl Lab {
    /// Returns the running supervisor: the process that signed the lock or, if the lock file is gone, wrote the record.
    fn supervisor(&self) -> Option<ProcessIdentity> {
        lock::holder(&self.state.lock_file()).or_else(|| self.recorded_supervisor())
    }

    /// Returns the supervisor that wrote the record, if it still runs.
    fn recorded_supervisor(&self) -> Option<ProcessIdentity> {
        let record = LabRecord::load(&self.state.state_file()).ok()??;
        record.supervisor.is_alive().then_some(record.supervisor)
    }
}

/// Builds a runtime that uses only the main thread, because a part is killed when the thread that started it ends.
///
/// # Errors
/// The runtime can't be created.
pub fn runtime() -> anyhow::Result<Runtime> {
    Builder::new_current_thread()
        .enable_all()
        .build()
        .context("can't create the async runtime")
}
