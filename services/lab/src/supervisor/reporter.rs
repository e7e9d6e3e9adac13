//! Reports the supervisor's events to `lab.log`, and to the terminal if the supervisor runs in the foreground.

use std::io;

use jiff::Timestamp;

use crate::state::logs::LogFile;
use crate::state::paths::StateDir;
use crate::state::record::{LabRecord, PartRecord};
use crate::terminal::progress::Progress;

/// The name of the supervisor's own log.
pub const LOG_NAME: &str = "lab";

/// Writes the supervisor's events.
#[derive(Debug)]
pub struct Reporter {
    state: StateDir,
    log: LogFile,
    terminal: Option<Progress>,
    /// Whether the last write of the record failed, so that a failure is reported once.
    record_failed: bool,
}

impl Reporter {
    /// Returns a reporter to the log of `state`, and to `terminal` if there is one.
    #[must_use]
    pub fn new(state: StateDir, terminal: Option<Progress>) -> Self {
        Self {
            log: LogFile::new(state.log(LOG_NAME)),
            state,
            terminal,
            record_failed: false,
        }
    }

    /// Reports an event.
    pub fn event(&mut self, text: &str) {
        // If the log can't be written, the terminal is the only other place.
        let _ = self
            .log
            .append(format!("{:.3} {text}\n", Timestamp::now()).as_bytes());
        if let Some(terminal) = &self.terminal {
            terminal.event(text);
        }
    }

    /// Shows which parts are not ready yet.
    pub fn waiting(&mut self, parts: &[PartRecord]) {
        if let Some(terminal) = &mut self.terminal {
            terminal.waiting(parts);
        }
    }

    /// Reports that all parts are ready for the first time.
    pub fn ready(&mut self, record: &LabRecord) {
        if let Some(terminal) = &mut self.terminal {
            terminal.ready(record, &self.state);
        }
        let _ = self
            .log
            .append(format!("{:.3} all parts are ready\n", Timestamp::now()).as_bytes());
    }

    /// Reports that the lab is up; `passed` lists the checks.
    pub fn up(&mut self, passed: &str) {
        if let Some(terminal) = &mut self.terminal {
            terminal.up("Ctrl-C stops everything.");
        }
        let _ = self
            .log
            .append(format!("{:.3} the lab is up: {passed}\n", Timestamp::now()).as_bytes());
    }

    /// Ends the progress display before the parts are stopped.
    pub fn stopping(&mut self) {
        if let Some(terminal) = &mut self.terminal {
            terminal.finish();
        }
    }

    /// Reports the first of consecutive failures to write the record. The parts continue to run.
    pub fn record_saved(&mut self, saved: io::Result<()>) {
        match saved {
            Ok(()) => self.record_failed = false,
            Err(error) => {
                if !std::mem::replace(&mut self.record_failed, true) {
                    let path = self.state.state_file();
                    self.event(&format!(
                        "can't write {}, so `status` may be stale: {error}",
                        path.display()
                    ));
                }
            }
        }
    }
}
