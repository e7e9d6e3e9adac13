//! The `lab` program; `./lab` at the repository's root builds and runs it.

use std::process::ExitCode;

fn main() -> ExitCode {
    lab::run(std::env::args_os())
}
