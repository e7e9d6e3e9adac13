//! The progress of a command on stderr: a spinner on a terminal, lines elsewhere.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use jiff::Zoned;

use super::output;
use crate::state::paths::StateDir;
use crate::state::record::{LabRecord, PartRecord, PartState};

/// The progress of one command.
#[derive(Debug)]
pub struct Progress {
    started_at: Instant,
    /// `None` if stderr is no terminal. Each step is a line then.
    spinner: Option<ProgressBar>,
    shown_ready: BTreeSet<String>,
}

impl Progress {
    /// Returns the time since the start.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.started_at.elapsed()
    }

    /// Shows the current step.
    pub fn step(&self, text: &str) {
        match &self.spinner {
            Some(spinner) => spinner.set_message(text.to_owned()),
            None => output::notice(&format!("{text} …")),
        }
    }

    /// Shows which of `parts` are not ready yet.
    pub fn waiting(&mut self, parts: &[PartRecord]) {
        let names = |ready: bool| {
            parts
                .iter()
                .filter(move |part| (part.state == PartState::Ready) == ready)
                .map(|part| part.name.as_str())
        };
        match &self.spinner {
            Some(spinner) => {
                let waiting_for = names(false).collect::<Vec<_>>().join(", ");
                spinner.set_message(format!("waiting for {waiting_for}"));
            }
            None => {
                for name in names(true) {
                    if self.shown_ready.insert(name.to_owned()) {
                        let seconds = self.elapsed().as_secs_f64();
                        output::notice(&format!("ready after {seconds:.1} s: {name}"));
                    }
                }
            }
        }
    }

    /// Shows the addresses of all parts, and the next step.
    pub fn ready(&self, record: &LabRecord, state: &StateDir) {
        let show = || output::addresses(record, state, self.elapsed());
        match &self.spinner {
            Some(spinner) => spinner.suspend(show),
            None => show(),
        }
        self.step("checking that rules, targets, alerts and the status page work");
    }

    /// Reports that the lab is up; `hint` says how to stop it.
    pub fn up(&mut self, hint: &str) {
        self.finish();
        let seconds = self.elapsed().as_secs_f64();
        // A failed print must not end the lab.
        let _ = output::print(&format!("UptimePulse is up after {seconds:.1} s. {hint}\n"));
    }

    /// Prints an event with its time.
    pub fn event(&self, text: &str) {
        let line = format!("{} {text}", Zoned::now().strftime("%H:%M:%S"));
        match self
            .spinner
            .as_ref()
            .filter(|spinner| !spinner.is_finished())
        {
            Some(spinner) => spinner.suspend(|| output::notice(&line)),
            None => output::notice(&line),
        }
    }

    /// Removes the spinner.
    pub fn finish(&mut self) {
        if let Some(spinner) = &self.spinner {
            spinner.finish_and_clear();
        }
    }
}

impl Default for Progress {
    fn default() -> Self {
        let spinner = console::user_attended_stderr().then(|| {
            let spinner = ProgressBar::new_spinner();
            if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} ({elapsed})") {
                spinner.set_style(style);
            }
            spinner.enable_steady_tick(Duration::from_millis(100));
            spinner
        });
        Self {
            started_at: Instant::now(),
            spinner,
            shown_ready: BTreeSet::new(),
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.finish();
    }
}
