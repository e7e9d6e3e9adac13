//! Runs UptimePulse on one machine: the services of this repository beside a real Prometheus and Alertmanager.
//!
//! [`commands`] holds one module a command. `up` looks for the servers ([`tools`]), lays out the state folder
//! ([`layout`]), decides what runs with which arguments and environment ([`plan`]) and supervises it ([`supervisor`]);
//! the other commands read what the supervisor recorded ([`state_file`]).

pub mod cli;
pub mod cluster;
pub mod commands;
pub mod discovery;
pub mod environment;
pub mod error;
pub mod files;
pub mod http;
pub mod layout;
pub mod live_targets;
pub mod lock;
pub mod logs;
pub mod output;
pub mod part;
pub mod paths;
pub mod plan;
pub mod platform;
pub mod ports;
pub mod process;
pub mod progress;
pub mod prometheus;
pub mod render;
pub mod rule_files;
pub mod sizing;
pub mod smtp;
pub mod state_file;
pub mod supervisor;
pub mod tools;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Parser;

/// The `lab` program, called with `args`.
pub fn run(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    run_program(args, commands::run)
}

/// Parses `args` (the program's name first) as `C`, runs `command` and returns its exit code: 0, 1 for a failure, 64 for
/// wrong use. Errors are one message on stderr.
pub fn run_program<C: Parser>(
    args: impl IntoIterator<Item = OsString>,
    command: impl FnOnce(C) -> Result<ExitCode, error::Error>,
) -> ExitCode {
    let parsed = match C::try_parse_from(args) {
        Ok(parsed) => parsed,
        // Help and version are answers, on stdout; the rest is wrong use. Nobody is left to tell if printing fails.
        Err(error) => {
            let _ = error.print();
            return if error.use_stderr() {
                ExitCode::from(error::EX_USAGE)
            } else {
                ExitCode::SUCCESS
            };
        }
    };
    match command(parsed) {
        Ok(code) => code,
        Err(error) => {
            output::error(&error);
            error.exit_code()
        }
    }
}
