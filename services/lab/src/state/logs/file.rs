//! A log file with a limited size.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// The size limit. A larger file is rotated: renamed, and a new one is created.
const LIMIT: u64 = 10 << 20;

/// Returns the path of the rotated file of a log: `NAME.log.1`.
#[must_use]
pub fn old_file(path: &Path) -> PathBuf {
    path.with_extension("log.1")
}

/// A log file with one rotated file.
#[derive(Debug)]
pub struct LogFile {
    path: PathBuf,
    limit: u64,
    /// The file and its size; `None` after an error, until it can be opened again.
    open: Option<(File, u64)>,
}

impl LogFile {
    /// Returns the log at `path`. The first write opens it.
    #[must_use]
    pub fn new(path: PathBuf) -> Self {
        Self {
            path,
            limit: LIMIT,
            open: None,
        }
    }

    /// Appends whole lines.
    ///
    /// # Errors
    /// The file can't be written, for example because the disk is full. The lines are lost; the next call tries again.
    pub fn append(&mut self, lines: &[u8]) -> io::Result<()> {
        let result = self.try_append(lines);
        if result.is_err() {
            self.open = None;
        }
        result
    }

    fn try_append(&mut self, lines: &[u8]) -> io::Result<()> {
        let (mut file, mut size) = match self.open.take() {
            Some(open) => open,
            None => self.open()?,
        };
        let added = lines.len() as u64;
        if size > 0 && size + added > self.limit {
            fs::rename(&self.path, old_file(&self.path))?;
            (file, size) = self.open()?;
        }
        file.write_all(lines)?;
        self.open = Some((file, size + added));
        Ok(())
    }

    fn open(&self) -> io::Result<(File, u64)> {
        let file = OpenOptions::new()
            .append(true)
            .create(true)
            .open(&self.path)?;
        let size = file.metadata()?.len();
        Ok((file, size))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rotation_keeps_one_old_file_and_loses_no_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("prometheus.log");
        let mut log = LogFile::new(path.clone());
        log.limit = 12;
        for line in ["one\n", "two\n", "three\n", "four\n"] {
            log.append(line.as_bytes()).unwrap();
        }
        assert_eq!(fs::read_to_string(old_file(&path)).unwrap(), "one\ntwo\n");
        assert_eq!(fs::read_to_string(&path).unwrap(), "three\nfour\n");
        assert!(old_file(&path).ends_with("prometheus.log.1"));
    }

    #[test]
    fn a_new_run_appends_to_the_log() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.log");
        LogFile::new(path.clone()).append(b"before\n").unwrap();
        LogFile::new(path.clone()).append(b"after\n").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "before\nafter\n");
    }

    #[test]
    fn writing_recovers_from_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("logs/x.log");
        let mut log = LogFile::new(path.clone());
        log.append(b"lost\n").unwrap_err();
        fs::create_dir(folder.path().join("logs")).unwrap();
        log.append(b"kept\n").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "kept\n");
    }
}
