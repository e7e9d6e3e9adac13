//! Writes a new log beside the old one, and replaces the old one by it.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{LogError, append_to};
use crate::alert::Alert;
use crate::store::format;

/// A new log on the disk, under a temporary name.
pub(super) struct NewLog {
    path: PathBuf,
    file: File,
    bytes: u64,
}

/// Writes a new log beside the one at `path`. If that fails, it removes the incomplete file.
pub(super) fn write(path: &Path, alerts: &[Arc<Alert>]) -> Result<NewLog, LogError> {
    let path = path.with_added_extension("tmp");
    match fs::remove_file(&path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            return Err(LogError::io("remove", &path)(error));
        }
        _ => {}
    }
    let file = append_to(&path, true)?;
    match fill(&file, alerts) {
        Ok(bytes) => Ok(NewLog { path, file, bytes }),
        Err(error) => {
            let _ = fs::remove_file(&path);
            Err(LogError::io("write", &path)(error))
        }
    }
}

fn fill(file: &File, alerts: &[Arc<Alert>]) -> io::Result<u64> {
    let mut writer = BufWriter::new(file);
    writer.write_all(&format::header())?;
    for alert in alerts {
        writer.write_all(&format::record(alert))?;
    }
    writer.flush()?;
    drop(writer);
    file.sync_all()?;
    Ok(file.metadata()?.len())
}

impl NewLog {
    /// Replaces the log at `path`, durably when this returns. Returns the file and its size.
    pub(super) fn replace(self, path: &Path) -> Result<(File, u64), LogError> {
        fs::rename(&self.path, path).map_err(LogError::io("replace", path))?;
        sync_directory_of(path)?;
        Ok((self.file, self.bytes))
    }
}

/// Syncs the directory of a file, which makes the names in it durable.
pub(super) fn sync_directory_of(path: &Path) -> Result<(), LogError> {
    let dir = path.parent().unwrap_or(path);
    File::open(dir)
        .and_then(|dir| dir.sync_all())
        .map_err(LogError::io("sync", dir))
}
