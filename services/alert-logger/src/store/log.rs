//! The log of alerts in `ALERT_LOG_DIR`: a locked, append-only file of JSON lines, which is rewritten when it gets too long.
//!
//! - `alerts.jsonl`: the log ([`format`](super::format))
//! - `alerts.jsonl.tmp`: a new log during a rewrite
//! - `alerts.jsonl.corrupt-N`: a copy of a log with unreadable lines; never deleted
//! - `alerts.lock`: the lock of the process that writes

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

/// The log cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// Another process holds the lock.
    #[error(
        "another alert-logger holds {} and did not release it within {} s; stop it, or give this one an ALERT_LOG_DIR of its own",
        path.display(),
        timeout.as_secs()
    )]
    Locked {
        /// The lock file.
        path: PathBuf,
        /// How long this process waited for the lock.
        timeout: Duration,
    },
    /// A file operation failed.
    #[error("cannot {action} {}: {error}", path.display())]
    Io {
        /// The failed operation.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// The error.
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
    /// `None` before the first write and after a failed write. The end of the file is unknown then, so the log must be
    /// rewritten.
    file: Option<File>,
    bytes: u64,
    sync_seconds: Histogram,
    _lock: Lock,
}

impl AlertLog {
    /// Reads the log in `dir` and repairs the damage of a crash: an incomplete last line is cut off, and a log with
    /// unreadable lines is copied and must be rewritten without them.
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

    /// Returns whether [`append`](Self::append) can be called. Otherwise the log must be rewritten first, also if its file
    /// was deleted or replaced: appended lines would be lost.
    #[must_use]
    pub fn is_usable(&self) -> bool {
        let Some(file) = &self.file else {
            return false;
        };
        let identity = |it: &fs::Metadata| (it.dev(), it.ino());
        let (open, named) = (file.metadata(), fs::metadata(&self.path));
        matches!((open, named), (Ok(open), Ok(named)) if identity(&open) == identity(&named))
    }

    /// Returns the size of the log in bytes.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Appends complete lines, which are on the disk when this returns.
    ///
    /// # Errors
    /// The disk is full or fails. The lines are not in the log. The log is not usable any more, because after a failed sync
    /// the content of the disk is unknown.
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
            // If the process dies before the rewrite, the next one finds a log that ends with a complete line.
            let _ = file.set_len(self.bytes);
            return Err(LogError::io("append to", &self.path)(error));
        }
        self.bytes += u64::try_from(lines.len()).unwrap_or(u64::MAX);
        self.file = Some(file);
        Ok(())
    }

    /// Replaces the log atomically by one that contains `alerts`.
    ///
    /// # Errors
    /// The disk is full or fails. The old log still exists, and is usable if it was usable before.
    pub fn rewrite(&mut self, alerts: &[Arc<Alert>]) -> Result<(), LogError> {
        let successor = rewrite::write(&self.path, alerts)?;
        // From here on the old file may have no name any more.
        self.file = None;
        let (file, bytes) = successor.replace(&self.path)?;
        self.bytes = bytes;
        self.file = Some(file);
        Ok(())
    }
}

/// Opens a file for appending, so that every write goes to its current end.
fn append_to(path: &Path, create_new: bool) -> Result<File, LogError> {
    OpenOptions::new()
        .append(true)
        .create_new(create_new)
        .open(path)
        .map_err(LogError::io("open", path))
}

#[cfg(test)]
mod tests;
