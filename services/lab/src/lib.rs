//! Runs UptimePulse on one machine: the services of this repository beside a real Prometheus and Alertmanager.
//!
//! [`commands`] holds one module a command. `up` looks for the servers ([`tools`]), decides what runs with which
//! arguments, environment and files ([`plan`]) and supervises it ([`supervisor`]); the other commands read what the
//! supervisor recorded in the state folder ([`state`]).

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

/// Parses `args` (the program's name first) as `C`, runs `command` and returns its exit code: 0, 1 for a failure, 64 for
/// wrong use. Errors are one message on stderr.
pub fn run_program<C: Parser>(
    args: impl IntoIterator<Item = OsString>,
    command: impl FnOnce(C) -> Result<ExitCode, cli::Error>,
) -> ExitCode {
    let parsed = match C::try_parse_from(args) {
        Ok(parsed) => parsed,
        // Help and version are answers, on stdout; the rest is wrong use. Nobody is left to tell if printing fails.
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
