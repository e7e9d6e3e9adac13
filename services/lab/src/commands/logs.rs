//! `logs`: shows the logs of the parts.

use std::collections::VecDeque;
use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use jiff::Timestamp;

use super::Lab;
use crate::cli::{Error, LogsArgs};
use crate::part::Part;
use crate::state::logs::{Line, LogReader, Merge};
use crate::supervisor::LOG_NAME;
use crate::terminal::log_style;

const POLL_INTERVAL: Duration = Duration::from_millis(200);

/// The number of lines with which `--follow` starts.
const FOLLOWED_TAIL: usize = 100;

/// Prints one log, or all logs merged, each line after its part's name.
pub async fn run(lab: &Lab, args: &LogsArgs) -> Result<ExitCode, Error> {
    let all: Vec<&str> = [LOG_NAME]
        .into_iter()
        .chain(Part::ALL.map(Part::name))
        .collect();
    let names = match args.part.as_deref() {
        None => all.clone(),
        Some(part) if all.contains(&part) => vec![part],
        Some(part) => {
            return Err(Error::Usage(format!(
                "there is no part {part:?}; the parts are {}",
                all.join(", ")
            )));
        }
    };
    if !args.follow && !names.iter().any(|name| lab.state.log(name).exists()) {
        let folder = lab.state.logs();
        return Err(anyhow!(
            "no logs in {} yet; ./lab up starts the lab",
            folder.display()
        )
        .into());
    }
    let labels: Vec<String> = match args.part {
        Some(_) => vec![String::new()],
        None => (all.iter().enumerate())
            .map(|(index, name)| log_style::label(index, name))
            .collect(),
    };
    let readers = names.iter().map(|name| LogReader::new(lab.state.log(name)));
    let mut merge = Merge::new(readers.collect());
    let filter = Filter::new(args, Timestamp::now());
    let mut tail = args.tail.or(args.follow.then_some(FOLLOWED_TAIL));
    loop {
        match print_new(&mut merge, &labels, &filter, tail.take()) {
            // The reader of the pipe has closed it (`| head`).
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                return Ok(ExitCode::SUCCESS);
            }
            result => result.context("can't show the logs")?,
        }
        if !args.follow {
            return Ok(ExitCode::SUCCESS);
        }
        tokio::time::sleep(POLL_INTERVAL).await;
    }
}

/// The lines to show.
#[derive(Debug)]
struct Filter {
    since: Option<Timestamp>,
    watchdog: bool,
}

impl Filter {
    fn new(args: &LogsArgs, now: Timestamp) -> Self {
        let start = |since| now.checked_sub(since).unwrap_or(Timestamp::MIN);
        Self {
            since: args.since.map(start),
            watchdog: args.watchdog,
        }
    }

    fn shows(&self, line: &Line) -> bool {
        self.since.is_none_or(|since| line.time >= since)
            && (self.watchdog || !is_of_watchdog(&line.bytes))
    }
}

/// Returns whether a line is a notification of the Watchdog. alert-logger prints each notification as a line of JSON.
fn is_of_watchdog(line: &[u8]) -> bool {
    #[derive(serde::Deserialize)]
    struct Notification {
        #[serde(rename = "groupLabels")]
        group_labels: GroupLabels,
    }
    #[derive(serde::Deserialize)]
    struct GroupLabels {
        alertname: String,
    }
    line.first() == Some(&b'{')
        && serde_json::from_slice::<Notification>(line)
            .is_ok_and(|it| it.group_labels.alertname == "Watchdog")
}

/// Prints the new lines, or only the last `tail` of them.
fn print_new(
    merge: &mut Merge,
    labels: &[String],
    filter: &Filter,
    tail: Option<usize>,
) -> io::Result<()> {
    let mut stdout = io::BufWriter::new(io::stdout().lock());
    let mut kept = VecDeque::new();
    while let Some(line) = merge.next_line()? {
        if !filter.shows(&line) {
            continue;
        }
        let Some(tail) = tail else {
            print(&mut stdout, labels, &line)?;
            continue;
        };
        kept.push_back(line);
        if kept.len() > tail {
            kept.pop_front();
        }
    }
    for line in &kept {
        print(&mut stdout, labels, line)?;
    }
    stdout.flush()
}

fn print(stdout: &mut impl Write, labels: &[String], line: &Line) -> io::Result<()> {
    if let Some(label) = labels.get(line.log) {
        stdout.write_all(label.as_bytes())?;
    }
    stdout.write_all(&log_style::line(&line.bytes))?;
    stdout.write_all(b"\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(time: &str, text: &str) -> Line {
        Line {
            log: 0,
            time: time.parse().unwrap(),
            bytes: text.as_bytes().to_vec(),
        }
    }

    #[test]
    fn lines_before_the_duration_and_of_the_watchdog_are_left_out() {
        let args = |watchdog| LogsArgs {
            part: None,
            follow: false,
            tail: None,
            since: Some(Duration::from_secs(600)),
            watchdog,
        };
        let now: Timestamp = "2026-11-23T02:10:00Z".parse().unwrap();
        let filter = Filter::new(&args(false), now);
        assert!(filter.shows(&line("2026-11-23T02:00:00Z", "INFO probing")));
        assert!(!filter.shows(&line("2026-11-23T01:59:59Z", "INFO probing")));
        let notification = |name: &str| {
            let text = format!(r#"{{"receiver":"stdout","groupLabels":{{"alertname":"{name}"}}}}"#);
            line("2026-11-23T02:05:00Z", &text)
        };
        assert!(filter.shows(&notification("TargetDown")));
        assert!(!filter.shows(&notification("Watchdog")));
        assert!(Filter::new(&args(true), now).shows(&notification("Watchdog")));
    }
}
