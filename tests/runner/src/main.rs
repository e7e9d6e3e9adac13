//! The `runner` program; `./lab` at the repository's root builds it and runs it for `test` and `bench`.

use std::process::ExitCode;

fn main() -> ExitCode {
    runner::run(std::env::args_os())
}
