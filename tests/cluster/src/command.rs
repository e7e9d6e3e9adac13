//! Running programs whose failure is the test's.

use std::process::{Command, Output};

/// Runs a command to its end, whatever that is.
///
/// # Panics
/// It can't be started.
pub fn output(command: &mut Command) -> Output {
    match command.output() {
        Ok(output) => output,
        Err(error) => panic!("can't start {command:?}: {error}"),
    }
}

/// Runs a command, and gives what it wrote to stdout.
///
/// # Panics
/// It fails; the message has what it wrote.
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
