//! Reports events to `lab.log`, and to the terminal if the supervisor runs in the foreground.

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
    /// Whether the last write of the record failed; a failure is reported once.
    state_lost: bool,
}

impl Reporter {
    /// Reports to the log of `state`, and to `terminal` where there is one.
    #[must_use]
    pub fn new(state: StateDir, terminal: Option<Progress>) -> Self {
        Self {
            log: LogFile::new(state.log(LOG_NAME)),
            state,
            terminal,
            state_lost: false,
        }
    }

    /// Reports an event.
    pub fn event(&mut self, text: &str) {
        // A full disk is told on the terminal; there is no third place.
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

    /// Reports that the lab is up; `held` lists the checks that passed.
    pub fn up(&mut self, held: &str) {
        if let Some(terminal) = &mut self.terminal {
            terminal.up("Ctrl-C stops everything.");
        }
        let _ = self
            .log
            .append(format!("{:.3} the lab is up: {held}\n", Timestamp::now()).as_bytes());
    }

    /// Ends the progress display before the parts are stopped.
    pub fn stopping(&mut self) {
        if let Some(terminal) = &mut self.terminal {
            terminal.finish();
        }
    }

    /// Takes the result of writing the record, and reports a failure once. The parts continue to run.
    pub fn state_saved(&mut self, saved: io::Result<()>) {
        match saved {
            Ok(()) => self.state_lost = false,
            Err(error) => {
                if !std::mem::replace(&mut self.state_lost, true) {
                    let path = self.state.state_file();
                    self.event(&format!(
                        "can't write {}, so status is behind until it can: {error}",
                        path.display()
                    ));
                }
            }
        }
    }
}
