//! The log of alerts in `ALERT_LOG_DIR`: a locked file of JSON lines that only grows, until it is rewritten.
//!
//! - `alerts.jsonl`: the log ([`format`](super::format))
//! - `alerts.jsonl.tmp`: its successor while that is being written
//! - `alerts.jsonl.corrupt-N`: a log with unreadable lines as it was found; never deleted
//! - `alerts.lock`: held by the process that writes

mod lock;
mod recover;
mod rewrite;

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

pub use lock::Lock;
use prometheus::Histogram;

use super::history::History;
use crate::alert::Alert;
use crate::metrics::Metrics;

const FILE: &str = "alerts.jsonl";

/// Why the log cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// Another process writes it.
    #[error(
        "another alert-logger holds {} and did not release it within {} s; stop it, or give this one an ALERT_LOG_DIR of its own",
        path.display(),
        patience.as_secs()
    )]
    Locked {
        /// The lock file.
        path: PathBuf,
        /// How long the lock was waited for.
        patience: Duration,
    },
    /// The file system refused.
    #[error("cannot {action} {}: {error}", path.display())]
    Io {
        /// The action that failed.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// Why it failed.
        error: io::Error,
    },
}

impl LogError {
    fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |error| Self::Io {
            action,
            path,
            error,
        }
    }
}

/// The log, open for appending.
#[derive(Debug)]
pub struct AlertLog {
    path: PathBuf,
    /// `None` when the file's end may not be what this process believes: before the first write, and after a failed
    /// one. Then only a rewrite helps.
    file: Option<File>,
    bytes: u64,
    sync_seconds: Histogram,
    _lock: Lock,
}

impl AlertLog {
    /// Reads the log in `dir` and repairs what a crash left behind: a torn last line is cut off; a log with
    /// unreadable lines is copied aside, and rewritten without them.
    ///
    /// A log that is new or must be rewritten is not [usable](Self::is_usable) yet.
    ///
    /// # Errors
    /// The file cannot be read or repaired.
    pub fn open(dir: &Path, lock: Lock, metrics: &Metrics) -> Result<(Self, History), LogError> {
        let path = dir.join(FILE);
        let recovered = recover::recover(&path)?;
        metrics.unreadable_lines.inc_by(recovered.unreadable_lines);
        let log = Self {
            path,
            file: recovered.file,
            bytes: recovered.bytes,
            sync_seconds: metrics.log_sync_seconds.clone(),
            _lock: lock,
        };
        Ok((log, recovered.history))
    }

    /// Returns whether [`append`](Self::append) can be called; otherwise the log must be rewritten first. A file that was
    /// deleted or replaced would take lines that nobody finds again.
    #[must_use]
    pub fn is_usable(&self) -> bool {
        let Some(file) = &self.file else {
            return false;
        };
        let identity = |it: &fs::Metadata| (it.dev(), it.ino());
        let (open, named) = (file.metadata(), fs::metadata(&self.path));
        matches!((open, named), (Ok(open), Ok(named)) if identity(&open) == identity(&named))
    }

    /// Returns how long the log is.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Appends whole lines, on the disk when this returns.
    ///
    /// # Errors
    /// The disk is full or broken. The lines are not in the log, and it is no longer usable: after a failed sync
    /// nobody knows what is on the disk.
    pub fn append(&mut self, lines: &[u8]) -> Result<(), LogError> {
        let Some(mut file) = self.file.take() else {
            return Err(LogError::io("append to", &self.path)(io::Error::other(
                "an earlier write failed",
            )));
        };
        let written = file.write_all(lines).and_then(|()| {
            let _timer = self.sync_seconds.start_timer();
            file.sync_data()
        });
        if let Err(error) = written {
            // Should the process die before the rewrite, its successor finds a log that ends with a whole line.
            let _ = file.set_len(self.bytes);
            return Err(LogError::io("append to", &self.path)(error));
        }
        self.bytes += u64::try_from(lines.len()).unwrap_or(u64::MAX);
        self.file = Some(file);
        Ok(())
    }

    /// Replaces the log by one that holds `alerts`, in one step that a crash leaves done or undone.
    ///
    /// # Errors
    /// The disk is full or broken. The old log is still there, and usable if it was.
    pub fn rewrite(&mut self, alerts: &[Arc<Alert>]) -> Result<(), LogError> {
        let successor = rewrite::write(&self.path, alerts)?;
        // From here on the old file may be one that no name leads to.
        self.file = None;
        let (file, bytes) = successor.replace(&self.path)?;
        self.bytes = bytes;
        self.file = Some(file);
        Ok(())
    }
}

/// Opens for appending only: writes go to the end, wherever that is.
fn append_to(path: &Path, create_new: bool) -> Result<File, LogError> {
    OpenOptions::new()
        .append(true)
        .create_new(create_new)
        .open(path)
        .map_err(LogError::io("open", path))
}

#[cfg(test)]
mod tests;
