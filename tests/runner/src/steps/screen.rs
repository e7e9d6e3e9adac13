//! How a person follows the suites: one suite writes to the terminal as it runs; of several side by side each step is a
//! line, and the output of its commands goes to a file and is shown when the step fails.

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

/// How many of the last lines of a failed step are shown. The file has all of them.
const SHOWN_LINES: usize = 400;

/// Where steps are shown.
#[derive(Debug, Clone)]
pub enum Screen {
    /// One suite: its commands write to the terminal.
    Open,
    /// Several suites side by side.
    Lines(Arc<Lines>),
}

/// The lines of suites that run side by side.
#[derive(Debug)]
pub struct Lines {
    /// The folder of the files with the output of each suite's commands.
    folder: PathBuf,
    /// A spinner for each suite that runs; `None` where nobody watches.
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
    /// A screen for several suites, with their output in files in `folder`.
    pub fn side_by_side(folder: &Path) -> Self {
        Self::Lines(Arc::new(Lines {
            folder: folder.to_path_buf(),
            spinners: console::user_attended_stderr().then(MultiProgress::new),
            running: Mutex::default(),
        }))
    }

    /// Where the commands of `suite` write: its file, or the terminal where that can't be created.
    pub fn output(&self, suite: &str) -> Output {
        let Self::Lines(lines) = self else {
            return Output(None);
        };
        let path = lines.folder.join(format!("{suite}.log"));
        // Appended to, so that a process that a step left behind overwrites nothing.
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

    /// Nothing of `suite` runs until its next step begins.
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

    /// Says that a step failed, and why; `written` is what its commands wrote, where nobody has seen it yet.
    pub(super) fn failed(&self, suite: &str, step: &str, why: &str, written: &str) {
        self.idle(suite);
        let failed = style(format!("{suite}: {step} failed:")).for_stderr().red();
        let lines: Vec<&str> = written.lines().collect();
        let left_out = lines.len().saturating_sub(SHOWN_LINES);
        let mut text = String::new();
        if left_out > 0 {
            text.push_str(&format!("… {left_out} lines before\n"));
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

    /// The steps that run, and for how long; `None` where none does, or where they are seen anyway.
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

    /// A line that stays.
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

/// Where the commands of a suite write: the suite's file, or (`None`) the terminal.
#[derive(Debug)]
pub struct Output(Option<File>);

impl Output {
    /// Makes `command` write here.
    ///
    /// # Errors
    /// The system has no descriptor left.
    pub fn attach<'a>(&self, command: &'a mut Command) -> std::io::Result<&'a mut Command> {
        Ok(match &self.0 {
            None => command,
            Some(file) => command
                .stdin(Stdio::null())
                .stdout(file.try_clone()?)
                .stderr(file.try_clone()?),
        })
    }

    /// The end of what is written now.
    pub(super) fn mark(&self) -> u64 {
        self.0
            .as_ref()
            .and_then(|file| file.metadata().ok())
            .map_or(0, |metadata| metadata.len())
    }

    /// What was written since `mark`; empty where the terminal had it.
    pub(super) fn since(&self, mark: u64) -> String {
        let mut written = Vec::new();
        if let Some(mut file) = self.0.as_ref() {
            let _ = file.seek(SeekFrom::Start(mark));
            let _ = file.read_to_end(&mut written);
        }
        String::from_utf8_lossy(&written).into_owned()
    }
}

/// A time as `61m05s`.
pub fn clock(time: Duration) -> String {
    let seconds = time.as_secs();
    format!("{}m{:02}s", seconds / 60, seconds % 60)
}
