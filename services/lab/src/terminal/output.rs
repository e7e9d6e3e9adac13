//! Output on stdout and stderr, coloured on a terminal unless `NO_COLOR` is set.

use std::io::{self, Write};
use std::time::Duration;

use anyhow::Context as _;
use console::style;

use crate::cli::Error;
use crate::part::Part;
use crate::state::paths::StateDir;
use crate::state::record::{LabRecord, PartState};

/// Prints an error on stderr.
pub fn error(error: &Error) {
    let text = match error {
        Error::Usage(message) => message.clone(),
        // Each cause on its own line, since several of them quote a program's output.
        Error::Failed(error) => error
            .chain()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join("\n"),
    };
    notice(&format!(
        "{} {text}",
        style("lab:").for_stderr().red().bold()
    ));
}

/// Prints a line on stderr. Errors are ignored: a closed terminal or pipe must not end the lab.
pub fn notice(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
}

/// Prints text on stdout. A closed pipe (`| head`) is no error.
///
/// # Errors
/// Stdout can't be written to.
pub fn print(text: &str) -> anyhow::Result<()> {
    let mut stdout = io::stdout().lock();
    match stdout
        .write_all(text.as_bytes())
        .and_then(|()| stdout.flush())
    {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(error).context("can't write to stdout")
        }
        _ => Ok(()),
    }
}

/// Prints the addresses of all parts once they are ready, the status page first.
pub fn addresses(record: &LabRecord, state: &StateDir, took: Duration) {
    let mut text = format!(
        "\nAll parts are ready after {:.1} s.\n\n",
        took.as_secs_f64()
    );
    let order = [Part::DashboardUi].into_iter().chain(
        Part::ALL
            .into_iter()
            .filter(|&part| part != Part::DashboardUi),
    );
    for part in order {
        let Some(record) = record.part(part.name()) else {
            continue;
        };
        let name = match part {
            Part::DashboardUi => style("status page").bold().to_string(),
            other => other.to_string(),
        };
        let padding = " ".repeat(14usize.saturating_sub(console::measure_text_width(&name)));
        text.push_str(&format!(
            "  {name}{padding} {}\n",
            style(&record.url).cyan()
        ));
    }
    for note in &record.notes {
        text.push_str(&format!("\n  {}\n", style(note).dim()));
    }
    text.push_str(&format!("\nData and logs: {}\n", state.path().display()));
    for (command, description) in [
        ("status", "shows the state of each part"),
        ("logs -f", "follows the logs"),
    ] {
        text.push_str(&format!(
            "{:<14}  {}\n",
            state.command_line(command),
            style(description).dim()
        ));
    }
    text.push('\n');
    // A failed print must not end the lab.
    let _ = print(&text);
}

/// Returns the name of the state, coloured.
#[must_use]
pub fn state_name(state: PartState) -> console::StyledObject<&'static str> {
    let name = style(state.name());
    match state {
        PartState::Ready => name.green(),
        PartState::Starting | PartState::NotReady | PartState::Restarting => name.yellow(),
        PartState::Stopped => name.dim(),
        PartState::Failed => name.red(),
    }
}
