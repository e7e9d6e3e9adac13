//! `logs`: shows the logs of the parts.

use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use console::style;

use super::Lab;
use crate::cli::Error;
use crate::part::Part;
use crate::state::logs::{LogReader, Merge};
use crate::supervisor::LOG_NAME;

const POLL_INTERVAL: Duration = Duration::from_millis(200);

/// Prints one log unchanged, or all logs merged, each line after its part's name.
pub async fn run(lab: &Lab, part: Option<&str>, follow: bool) -> Result<ExitCode, Error> {
    let all: Vec<&str> = [LOG_NAME]
        .into_iter()
        .chain(Part::ALL.map(Part::name))
        .collect();
    let names = match part {
        None => all,
        Some(part) if all.contains(&part) => vec![part],
        Some(part) => {
            return Err(Error::Usage(format!(
                "there is no part {part:?}; the parts are {}",
                all.join(", ")
            )));
        }
    };
    if !follow && !names.iter().any(|name| lab.state.log(name).exists()) {
        let folder = lab.state.logs();
        return Err(anyhow!(
            "no logs in {} yet; ./lab up starts the lab",
            folder.display()
        )
        .into());
    }
    let labels: Vec<String> = match part {
        Some(_) => vec![String::new()],
        None => names
            .iter()
            .enumerate()
            .map(|(index, name)| label(index, name))
            .collect(),
    };
    let mut merge = Merge::new(
        names
            .iter()
            .map(|name| LogReader::new(lab.state.log(name)))
            .collect(),
    );
    loop {
        match print_new(&mut merge, &labels) {
            // The reader of the pipe has closed it (`| head`).
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                return Ok(ExitCode::SUCCESS);
            }
            result => result.context("can't show the logs")?,
        }
        if !follow {
            return Ok(ExitCode::SUCCESS);
        }
        tokio::time::sleep(POLL_INTERVAL).await;
    }
}

fn label(index: usize, name: &str) -> String {
    // Six colours that are readable on dark and light backgrounds.
    let colour = u8::try_from(index % 6 + 1).unwrap_or(1);
    format!("{} ", style(format!("{name:<12} |")).color256(colour))
}

fn print_new(merge: &mut Merge, labels: &[String]) -> io::Result<()> {
    let mut stdout = io::BufWriter::new(io::stdout().lock());
    while let Some((index, line)) = merge.next_line()? {
        if let Some(label) = labels.get(index) {
            stdout.write_all(label.as_bytes())?;
        }
        stdout.write_all(&line)?;
        stdout.write_all(b"\n")?;
    }
    stdout.flush()
}
