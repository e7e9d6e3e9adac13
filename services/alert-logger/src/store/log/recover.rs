//! Recovery of a log after a crash, which may leave it in any state.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};

use super::rewrite::sync_directory_of;
use super::{LogError, append_to};
use crate::store::format;
use crate::store::history::History;

/// A recovered log.
#[derive(Debug, Default)]
pub(super) struct Recovered {
    pub history: History,
    /// The file, unless the log must be rewritten.
    pub file: Option<File>,
    /// Size of the log.
    pub bytes: u64,
    /// Number of damaged lines, which are not in the history.
    pub unreadable_lines: u64,
}

/// The result of reading the file.
#[derive(Debug, Default)]
struct Reading {
    history: History,
    /// Size up to the end of the last complete line.
    whole_bytes: u64,
    /// Size of the rest: a write that was cut off, and so was never acknowledged.
    torn_bytes: u64,
    unreadable_lines: u64,
    first_unreadable_line: Option<u64>,
    lines_without_checksum: u64,
}

pub(super) fn recover(path: &Path) -> Result<Recovered, LogError> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Recovered::default()),
        Err(error) => return Err(LogError::io("open", path)(error)),
    };
    let reading = read(path, BufReader::new(file))?;
    tracing::info!(path = %path.display(), alerts = reading.history.len(), "alert log read");
    let bytes = reading.whole_bytes;
    if reading.unreadable_lines > 0 {
        let copy = back_up(path)?;
        tracing::error!(
            path = %path.display(),
            lines = reading.unreadable_lines,
            first_line = reading.first_unreadable_line,
            kept = %copy.display(),
            "unreadable lines of the alert log are skipped; a copy of the log is kept"
        );
        return Ok(Recovered {
            history: reading.history,
            file: None,
            bytes,
            unreadable_lines: reading.unreadable_lines,
        });
    }
    let file = append_to(path, false)?;
    if reading.torn_bytes > 0 {
        file.set_len(bytes)
            .map_err(LogError::io("truncate", path))?;
        tracing::warn!(path = %path.display(), bytes = reading.torn_bytes, "an incomplete last line of the alert log is cut off");
    }
    // Repeated deliveries of these alerts are not synced again, so the log must be on the disk now. If the previous process
    // was killed, lines, or the file's name after a rewrite, may still be in the page cache only.
    file.sync_all().map_err(LogError::io("sync", path))?;
    sync_directory_of(path)?;
    Ok(Recovered {
        history: reading.history,
        // An empty file has no header, and one of an older program no checksums. Both must be rewritten.
        file: (bytes > 0 && reading.lines_without_checksum == 0).then_some(file),
        bytes,
        unreadable_lines: 0,
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
        if !format::has_checksum(&line) {
            reading.lines_without_checksum += 1;
        }
        if number == 1 && format::is_header(&line) {
            continue;
        }
        let alert = format::read_record(&line);
        if let Some(alert) = &alert {
            reading.history.fold(alert);
        }
        // A log without a header must be rewritten, even if its first line is an alert.
        if alert.is_none() || number == 1 {
            reading.unreadable_lines += 1;
            reading.first_unreadable_line.get_or_insert(number);
        }
    }
    Ok(reading)
}

/// Copies a damaged log to the first unused `…corrupt-N`.
fn back_up(path: &Path) -> Result<PathBuf, LogError> {
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
    use crate::alert::testing::{firing, resolved};

    /// Returns a log with three records, and the offset of its last line.
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
    fn a_write_that_is_cut_off_at_any_byte_loses_no_earlier_line() {
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
    fn a_log_with_an_incomplete_header_is_a_new_log() {
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
    fn the_alerts_of_a_log_without_a_header_are_read() {
        let (whole, _) = log();
        let damaged = [b"garbage\n", &whole[format::header().len()..]].concat();
        let (recovered, _, _dir) = recovered(&damaged);
        assert_eq!(recovered.history.len(), 2);
        assert!(recovered.file.is_none());
    }

    #[test]
    fn a_log_whose_header_has_another_version_is_read_and_a_copy_is_kept() {
        let (whole, _) = log();
        for header in [
            "{\"format\":\"uptimepulse-alert-log\",\"version\":9}\n".into(),
            String::from_utf8(format::header())
                .unwrap()
                .replace(":1,", ":3,"),
        ] {
            let damaged = [header.as_bytes(), &whole[format::header().len()..]].concat();
            let (recovered, _, dir) = recovered(&damaged);
            assert_eq!(recovered.history.len(), 2, "{header}");
            assert_eq!(recovered.unreadable_lines, 1);
            assert!(recovered.file.is_none(), "must be rewritten");
            let copy = dir.path().join("alerts.jsonl.corrupt-1");
            assert_eq!(fs::read(copy).unwrap(), damaged);
        }
    }

    #[test]
    fn a_log_without_checksums_is_read_and_must_be_rewritten() {
        let old = [
            b"{\"format\":\"uptimepulse-alert-log\",\"version\":1}\n".to_vec(),
            serde_json::to_vec(&firing("a", 1)).unwrap(),
            b"\n".to_vec(),
            format::record(&firing("b", 2)),
        ];
        let (recovered, left, _dir) = recovered(&old.concat());
        assert_eq!(
            (recovered.history.len(), recovered.unreadable_lines),
            (2, 0)
        );
        assert!(recovered.file.is_none(), "must be rewritten");
        assert_eq!(left, old.concat());
    }

    #[test]
    fn no_bit_flip_goes_unnoticed_or_changes_another_alert() {
        let (whole, _) = log();
        let undamaged = read(Path::new("log"), whole.as_slice()).unwrap().history;
        let mut flipped = whole.clone();
        for bit in 0..whole.len() * 8 {
            flipped[bit / 8] ^= 1 << (bit % 8);
            let reading = read(Path::new("log"), flipped.as_slice()).unwrap();
            let text = || String::from_utf8_lossy(&flipped).into_owned();
            let noticed = reading.unreadable_lines + reading.torn_bytes > 0;
            assert!(noticed, "bit {bit}: {}", text());
            for alert in reading.history.all() {
                let known = undamaged.all();
                let original = known.iter().any(|it| it.merge(&alert) == **it);
                assert!(original, "bit {bit}: {}", text());
            }
            flipped[bit / 8] ^= 1 << (bit % 8);
        }
    }
}
