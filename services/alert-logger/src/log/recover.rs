//! Reading a log that a crash may have left in any state.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};

use super::rewrite::sync_directory_of;
use super::{LogError, append_to, format};
use crate::alert::Alert;
use crate::history::History;

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Recovered {
    pub history: History,
    /// The log, if it can be appended to as it is.
    pub file: Option<File>,
    /// Its length.
    pub bytes: u64,
}

/// What reading the file showed.
#[derive(Debug, Default)]
struct Reading {
    history: History,
    /// Up to the end of the last whole line.
    whole_bytes: u64,
    /// What comes after it: a write that was cut off, and so never acknowledged.
    torn_bytes: u64,
    unreadable_lines: u64,
    first_unreadable_line: Option<u64>,
}

pub(super) fn recover(path: &Path) -> Result<Recovered, LogError> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Recovered::default()),
        Err(error) => return Err(LogError::io("open", path)(error)),
    };
    let reading = read(path, BufReader::new(file))?;
    tracing::info!(path = %path.display(), alerts = reading.history.len(), "the alert log is read");
    let bytes = reading.whole_bytes;
    if reading.unreadable_lines > 0 {
        let kept = set_aside(path)?;
        tracing::error!(
            path = %path.display(),
            lines = reading.unreadable_lines,
            first_line = reading.first_unreadable_line,
            kept = %kept.display(),
            "unreadable lines in the alert log are skipped; a copy is kept"
        );
        return Ok(Recovered {
            history: reading.history,
            file: None,
            bytes,
        });
    }
    let file = append_to(path, false)?;
    if reading.torn_bytes > 0 {
        file.set_len(bytes)
            .map_err(LogError::io("truncate", path))?;
        tracing::warn!(path = %path.display(), bytes = reading.torn_bytes, "a torn last line of the alert log is cut off");
    }
    // What is read counts as durable from here on, and a repeated delivery of it costs no sync. A predecessor that was
    // killed may have left lines, or the log's name after a rewrite, in the system's memory only.
    file.sync_all().map_err(LogError::io("sync", path))?;
    sync_directory_of(path)?;
    Ok(Recovered {
        history: reading.history,
        // An empty file lacks its header.
        file: (bytes > 0).then_some(file),
        bytes,
    })
}

fn read(path: &Path, mut lines: impl BufRead) -> Result<Reading, LogError> {
    let mut reading = Reading::default();
    let mut line = Vec::new();
    for number in 1_u64.. {
        line.clear();
        let bytes = lines
            .read_until(b'\n', &mut line)
            .map_err(LogError::io("read", path))?;
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        if bytes == 0 {
            break;
        }
        if line.last() != Some(&b'\n') {
            reading.torn_bytes = bytes;
            break;
        }
        reading.whole_bytes += bytes;
        if number == 1
            && let Some(header) = format::Header::read(&line)
        {
            if header.version != format::VERSION {
                return Err(LogError::Version {
                    path: path.to_owned(),
                    version: header.version,
                });
            }
        } else if number > 1
            && let Ok(alert) = serde_json::from_slice::<Alert>(&line)
        {
            reading.history.fold(&alert);
        } else {
            reading.unreadable_lines += 1;
            reading.first_unreadable_line.get_or_insert(number);
        }
    }
    Ok(reading)
}

/// Copies a damaged log to the first free `…corrupt-N`.
fn set_aside(path: &Path) -> Result<PathBuf, LogError> {
    let mut number = 1_u32;
    let mut copy;
    loop {
        copy = path.with_added_extension(format!("corrupt-{number}"));
        if !copy.exists() {
            break;
        }
        number += 1;
    }
    fs::copy(path, &copy)
        .and_then(|_| File::open(&copy)?.sync_all())
        .map_err(LogError::io("copy the damaged log to", &copy))?;
    sync_directory_of(path)?;
    Ok(copy)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{firing, resolved};

    /// A log of three alerts, and where its last line begins.
    fn log() -> (Vec<u8>, usize) {
        let head = [
            format::header(),
            format::record(&firing("a", 1)),
            format::record(&firing("b", 2)),
        ]
        .concat();
        let last = format::record(&resolved("a", 1, 9));
        ([head.as_slice(), last.as_slice()].concat(), head.len())
    }

    fn recovered(content: &[u8]) -> (Recovered, Vec<u8>, tempfile::TempDir) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("alerts.jsonl");
        fs::write(&path, content).unwrap();
        let recovered = recover(&path).unwrap();
        (recovered, fs::read(&path).unwrap(), dir)
    }

    #[test]
    fn a_write_torn_at_any_byte_costs_nothing_before_it() {
        let (whole, last_line) = log();
        let mut before = History::default();
        [firing("a", 1), firing("b", 2)]
            .iter()
            .for_each(|alert| before.fold(alert));
        for end in last_line..whole.len() {
            let (recovered, left, _dir) = recovered(&whole[..end]);
            assert_eq!(recovered.history, before, "cut at byte {end}");
            assert_eq!(left, whole[..last_line], "cut at byte {end}");
            assert!(recovered.file.is_some());
        }
        let (recovered, left, _dir) = recovered(&whole);
        assert_ne!(recovered.history, before);
        assert_eq!(left, whole);
    }

    #[test]
    fn a_torn_header_is_a_new_log() {
        let header = format::header();
        for end in 0..header.len() {
            let (recovered, left, _dir) = recovered(&header[..end]);
            assert!(recovered.history.len() == 0 && recovered.file.is_none() && left.is_empty());
        }
    }

    #[test]
    fn unreadable_lines_are_skipped_and_a_copy_is_kept() {
        let (whole, last_line) = log();
        let zeros = [vec![0; 512], b"\n".to_vec()].concat();
        let damaged = [&whole[..last_line], &zeros, &whole[last_line..]].concat();
        let (recovered, _, dir) = recovered(&damaged);
        assert_eq!(recovered.history.len(), 2);
        assert!(recovered.file.is_none(), "must be rewritten");
        let copy = dir.path().join("alerts.jsonl.corrupt-1");
        assert_eq!(fs::read(copy).unwrap(), damaged);
        recover(&dir.path().join("alerts.jsonl")).unwrap();
        assert!(dir.path().join("alerts.jsonl.corrupt-2").exists());
    }

    #[test]
    fn a_log_without_its_header_still_gives_its_alerts() {
        let (whole, _) = log();
        let damaged = [b"garbage\n", &whole[format::header().len()..]].concat();
        let (recovered, _, _dir) = recovered(&damaged);
        assert_eq!(recovered.history.len(), 2);
        assert!(recovered.file.is_none());
    }

    #[test]
    fn a_log_of_a_later_version_is_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("alerts.jsonl");
        let later = b"{\"format\":\"uptimepulse-alert-log\",\"version\":2}\n{\"new\":1}\n";
        fs::write(&path, later).unwrap();
        let message = recover(&path).unwrap_err().to_string();
        assert!(
            message.contains("version 2") && message.contains("alerts.jsonl"),
            "{message}"
        );
        assert_eq!(fs::read(&path).unwrap(), later);
    }
}
