//! Runs programs.

use std::process::{Command, Output};

/// Runs a command and returns its output, also if it fails.
pub fn output(command: &mut Command) -> Output {
    match command.output() {
        Ok(output) => output,
        Err(error) => panic!("can't start {command:?}: {error}"),
    }
}

/// Runs a command and returns its stdout.
///
/// # Panics
/// The command fails; the message quotes its output.
pub fn succeeds(command: &mut Command) -> String {
    let output = output(command);
    let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        output.status.success(),
        "{command:?}: {}\n{stdout}{}",
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
    stdout
}
