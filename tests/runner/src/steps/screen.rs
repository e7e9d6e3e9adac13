//! Shows suites on the terminal. A single suite writes to it directly. Of several suites, each step is a line. The output of
//! its commands goes to a file, whose new lines are shown if the step fails.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use console::style;
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use lab::terminal::output;

/// The number of lines shown of a failed step, the last ones. The file has all lines.
const SHOWN_LINES: usize = 400;

/// The output of steps.
#[derive(Debug, Clone)]
pub enum Screen {
    /// One suite: its commands write to the terminal.
    Open,
    /// Several suites at the same time.
    Lines(Arc<Lines>),
}

/// The lines of suites that run at the same time.
#[derive(Debug)]
pub struct Lines {
    /// The folder of the files with the output of each suite's commands.
    folder: PathBuf,
    /// A spinner for each running suite; `None` if stderr is no terminal.
    spinners: Option<MultiProgress>,
    running: Mutex<BTreeMap<String, Running>>,
}

#[derive(Debug)]
struct Running {
    step: String,
    since: Instant,
    spinner: Option<ProgressBar>,
}

impl Screen {
    /// Creates a screen for several suites, with their output in files in `folder`.
    pub fn side_by_side(folder: &Path) -> Self {
        Self::Lines(Arc::new(Lines {
            folder: folder.to_path_buf(),
            spinners: console::user_attended_stderr().then(MultiProgress::new),
            running: Mutex::default(),
        }))
    }

    /// Returns the output for the commands of `suite`: its file, or the terminal if the file can't be created.
    pub fn output(&self, suite: &str) -> Output {
        let Self::Lines(lines) = self else {
            return Output(None);
        };
        let path = lines.folder.join(format!("{suite}.log"));
        // Append mode, so that a leftover process of a step overwrites nothing.
        let file = File::options()
            .create(true)
            .append(true)
            .read(true)
            .open(&path)
            .and_then(|file| file.set_len(0).map(|()| file));
        if let Err(error) = &file {
            self.line(&format!("can't create {}: {error}", path.display()));
        }
        Output(file.ok())
    }

    pub(super) fn begins(&self, suite: &str, step: &str) {
        match self {
            Self::Open => self.line(&format!(
                "{} {suite}: {step}",
                style("──").for_stderr().cyan()
            )),
            Self::Lines(lines) => {
                lines.begins(suite, step);
                if lines.spinners.is_none() {
                    self.line(&format!("{suite}: {step} …"));
                }
            }
        }
    }

    /// Shows that no step of `suite` is running.
    pub(super) fn idle(&self, suite: &str) {
        if let Self::Lines(lines) = self
            && let Some(running) = lines.running().get_mut(suite)
        {
            running.step.clear();
            if let Some(spinner) = &running.spinner {
                spinner.set_message(suite.to_owned());
            }
        }
    }

    pub(super) fn passed(&self, suite: &str, step: &str, took: Duration) {
        self.idle(suite);
        let took = took.as_secs_f64();
        self.line(&match self {
            Self::Open => format!("   {step} passed after {took:.0} s"),
            Self::Lines(_) => format!("{suite}: {step} passed after {took:.0} s"),
        });
    }

    /// Reports that a step failed, and why; `written` is the output of its commands if it was not shown yet.
    pub(super) fn failed(&self, suite: &str, step: &str, why: &str, written: &str) {
        self.idle(suite);
        let failed = style(format!("{suite}: {step} failed:")).for_stderr().red();
        let lines: Vec<&str> = written.lines().collect();
        let left_out = lines.len().saturating_sub(SHOWN_LINES);
        let mut text = String::new();
        if left_out > 0 {
            text.push_str(&format!("… {left_out} earlier lines\n"));
        }
        for line in lines.iter().skip(left_out) {
            text.push_str(&format!("{suite} │ {line}\n"));
        }
        self.line(&format!("{text}{failed} {why}"));
    }

    pub(super) fn say(&self, suite: &str, text: &str) {
        self.line(&match self {
            Self::Open => format!("   {text}"),
            Self::Lines(_) => format!("{suite}: {text}"),
        });
    }

    pub(super) fn ends(&self, suite: &str) {
        if let Self::Lines(lines) = self
            && let Some(running) = lines.running().remove(suite)
            && let Some(spinner) = running.spinner
        {
            spinner.finish_and_clear();
        }
    }

    /// Returns the running steps and their times; `None` if there are none or spinners show them.
    pub fn still_running(&self) -> Option<String> {
        let Self::Lines(lines) = self else {
            return None;
        };
        if lines.spinners.is_some() {
            return None;
        }
        let running = lines.running();
        let steps: Vec<String> = running
            .iter()
            .filter(|(_, running)| !running.step.is_empty())
            .map(|(suite, running)| {
                format!(
                    "{suite}: {} ({})",
                    running.step,
                    clock(running.since.elapsed())
                )
            })
            .collect();
        (!steps.is_empty()).then(|| format!("still running: {}", steps.join("; ")))
    }

    /// Prints a line.
    pub fn line(&self, text: &str) {
        match self {
            Self::Lines(lines) => match &lines.spinners {
                Some(spinners) => spinners.suspend(|| output::notice(text)),
                None => output::notice(text),
            },
            Self::Open => output::notice(text),
        }
    }
}

impl Lines {
    fn running(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, Running>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn begins(&self, suite: &str, step: &str) {
        let mut running = self.running();
        let entry = running.entry(suite.to_owned()).or_insert_with(|| Running {
            step: String::new(),
            since: Instant::now(),
            spinner: self.spinners.as_ref().map(|spinners| {
                let spinner = spinners.add(ProgressBar::new_spinner());
                if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}") {
                    spinner.set_style(style);
                }
                spinner.enable_steady_tick(Duration::from_millis(100));
                spinner
            }),
        });
        step.clone_into(&mut entry.step);
        entry.since = Instant::now();
        if let Some(spinner) = &entry.spinner {
            spinner.set_message(format!("{suite}: {step}"));
        }
    }
}

/// The output of a suite's commands: the suite's file, or the terminal (`None`).
#[derive(Debug)]
pub struct Output(Option<File>);

impl Output {
    /// Redirects the output of `command`.
    ///
    /// # Errors
    /// A file descriptor can't be duplicated.
    pub fn attach<'a>(&self, command: &'a mut Command) -> std::io::Result<&'a mut Command> {
        Ok(match &self.0 {
            None => command,
            Some(file) => command
                .stdin(Stdio::null())
                .stdout(file.try_clone()?)
                .stderr(file.try_clone()?),
        })
    }

    /// Returns the current end of the output.
    pub(super) fn mark(&self) -> u64 {
        self.0
            .as_ref()
            .and_then(|file| file.metadata().ok())
            .map_or(0, |metadata| metadata.len())
    }

    /// Returns the output since `mark`; empty if it went to the terminal.
    pub(super) fn since(&self, mark: u64) -> String {
        let mut written = Vec::new();
        if let Some(mut file) = self.0.as_ref() {
            let _ = file.seek(SeekFrom::Start(mark));
            let _ = file.read_to_end(&mut written);
        }
        String::from_utf8_lossy(&written).into_owned()
    }
}

/// Formats a time as `61m05s`.
pub fn clock(time: Duration) -> String {
    let seconds = time.as_secs();
    format!("{}m{:02}s", seconds / 60, seconds % 60)
}
