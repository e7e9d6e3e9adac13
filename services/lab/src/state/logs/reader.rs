//! Reads one log line by line, across its rotation.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use super::file::old_file;

/// Reads the rotated file of a log, then the current one, then new lines.
#[derive(Debug)]
pub struct LogReader {
    path: PathBuf,
    file: Option<BufReader<File>>,
    /// The start of an incomplete line.
    partial: Vec<u8>,
}

impl LogReader {
    /// Returns a reader of the log at `path`, which need not exist yet.
    #[must_use]
    pub fn new(path: PathBuf) -> Self {
        let file = open(&old_file(&path)).or_else(|| open(&path));
        Self {
            path,
            file,
            partial: Vec::new(),
        }
    }

    /// Returns the next complete line without its newline; `None` if there is none now.
    ///
    /// # Errors
    /// The file can't be read.
    pub fn next_line(&mut self) -> io::Result<Option<Vec<u8>>> {
        loop {
            let Some(file) = &mut self.file else {
                self.file = open(&self.path);
                if self.file.is_none() {
                    return Ok(None);
                }
                continue;
            };
            file.read_until(b'\n', &mut self.partial)?;
            if self.partial.last() == Some(&b'\n') {
                self.partial.pop();
                return Ok(Some(std::mem::take(&mut self.partial)));
            }
            if !self.was_rotated() {
                return Ok(None);
            }
            // Lines may have been added between the last read and the rotation.
            if let Some(file) = &mut self.file
                && !file.fill_buf()?.is_empty()
            {
                continue;
            }
            self.file = open(&self.path);
        }
    }

    /// Returns whether the log's name belongs to another file now. The open file is complete then.
    fn was_rotated(&self) -> bool {
        let Some(open) = self
            .file
            .as_ref()
            .and_then(|file| file.get_ref().metadata().ok())
        else {
            return false;
        };
        std::fs::metadata(&self.path)
            .is_ok_and(|named| (named.dev(), named.ino()) != (open.dev(), open.ino()))
    }
}

fn open(path: &Path) -> Option<BufReader<File>> {
    File::open(path).ok().map(BufReader::new)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;

    fn append(path: &Path, text: &str) {
        let mut file = File::options()
            .append(true)
            .create(true)
            .open(path)
            .unwrap();
        file.write_all(text.as_bytes()).unwrap();
    }

    fn lines(reader: &mut LogReader) -> Vec<String> {
        std::iter::from_fn(|| reader.next_line().unwrap())
            .map(|line| String::from_utf8(line).unwrap())
            .collect()
    }

    #[test]
    fn a_rotation_while_reading_loses_no_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.log");
        let mut reader = LogReader::new(path.clone());
        assert!(lines(&mut reader).is_empty(), "the log does not exist yet");

        append(&path, "one\ntw");
        assert_eq!(lines(&mut reader), ["one"]);
        append(&path, "o\nthree\n");
        std::fs::rename(&path, old_file(&path)).unwrap();
        append(&path, "four\n");
        assert_eq!(lines(&mut reader), ["two", "three", "four"]);

        let mut later = LogReader::new(path);
        assert_eq!(lines(&mut later), ["one", "two", "three", "four"]);
    }
}
