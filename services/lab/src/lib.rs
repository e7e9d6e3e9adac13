//! Runs UptimePulse on one machine: the services of this repository beside a real Prometheus and Alertmanager.
//!
//! [`commands`] has one module for each command. `up` finds the servers ([`tools`]), prepares each part's arguments,
//! environment and files ([`plan`]), and supervises the parts ([`supervisor`]). The other commands read the supervisor's
//! record in the state folder ([`state`]).

pub mod cli;
pub mod commands;
pub mod http;
pub mod part;
pub mod plan;
pub mod process;
pub mod state;
pub mod supervisor;
pub mod terminal;
pub mod tools;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Parser;

/// Runs the `lab` program with `args`.
pub fn run(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    run_program(args, commands::run)
}

/// Parses `args` (the program's name first) as `C`, runs `command` and returns its exit code: 0 for success, 1 for a
/// failure, 64 for wrong use. Prints an error as one message on stderr.
pub fn run_program<C: Parser>(
    args: impl IntoIterator<Item = OsString>,
    command: impl FnOnce(C) -> Result<ExitCode, cli::Error>,
) -> ExitCode {
    let parsed = match C::try_parse_from(args) {
        Ok(parsed) => parsed,
        // Help and version go to stdout and are a success; the rest is wrong use. A failed print can't be reported.
        Err(error) => {
            let _ = error.print();
            return if error.use_stderr() {
                ExitCode::from(cli::EX_USAGE)
            } else {
                ExitCode::SUCCESS
            };
        }
    };
    match command(parsed) {
        Ok(code) => code,
        Err(error) => {
            terminal::output::error(&error);
            error.exit_code()
        }
    }
}
