//! Tests and measures UptimePulse on one machine: the commands `test` and `bench` of `./lab`.
//!
//! `suites/` holds the suites of `test`, `bench/` the benchmarks. Both start their own labs (`labs`). Suites show their steps
//! (`steps/`) and call programs that they find or download (`tools/`).

mod bench;
pub mod cli;
pub mod dashboards;
mod labs;
mod steps;
mod suites;
mod test_run;
mod tools;

use std::ffi::OsString;
use std::process::ExitCode;

use lab::cli::Error;
use lab::state::paths::Installation;

use crate::cli::{Cli, Command};

/// Parses `args` (the program's name first), runs the command and returns its exit code, as [`lab::run_program`].
pub fn run(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    lab::run_program(args, run_command)
}

fn run_command(cli: Cli) -> Result<ExitCode, Error> {
    let installation = Installation::find()?;
    let state = cli.state.of(&installation)?;
    match cli.command {
        Command::Bench(args) => bench::run(&installation, &lab::commands::runtime()?, &args),
        Command::Test(args) => suites::run(installation, state, &args),
    }
}
