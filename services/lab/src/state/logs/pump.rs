//! Copies the output of a part to its log file, and returns its last lines.

use std::collections::VecDeque;
use std::io;

use tokio::io::{AsyncRead, AsyncReadExt as _};

use super::file::LogFile;

/// Longer lines are split, so that a part that writes no newline does not fill the memory.
const LONGEST_LINE: usize = 64 << 10;

/// The number of last lines in the error message about a part that did not start.
const TAIL: usize = 12;

/// Copies `output` to `log` in whole lines until it is closed, and returns the last ones. If writing fails, it continues
/// reading, since the part would stall on a full pipe. `on_error` is called once until writing works again.
pub async fn pump(
    mut output: impl AsyncRead + Unpin,
    mut log: LogFile,
    mut on_error: impl FnMut(io::Error),
) -> Vec<String> {
    let mut tail = VecDeque::with_capacity(TAIL + 1);
    let mut failing = false;
    let mut buffer = Vec::new();
    loop {
        // A read error counts as the end of the pipe.
        let at_end = output.read_buf(&mut buffer).await.unwrap_or(0) == 0;
        let complete = match buffer.iter().rposition(|&byte| byte == b'\n') {
            Some(newline) => newline + 1,
            None if at_end || buffer.len() >= LONGEST_LINE => buffer.len(),
            None => 0,
        };
        let rest = buffer.split_off(complete);
        let mut lines = std::mem::replace(&mut buffer, rest);
        if !lines.is_empty() {
            if lines.last() != Some(&b'\n') {
                lines.push(b'\n');
            }
            keep_last(&mut tail, &lines);
            match log.append(&lines) {
                Ok(()) => failing = false,
                Err(error) if !failing => {
                    failing = true;
                    on_error(error);
                }
                Err(_) => {}
            }
        }
        if at_end && buffer.is_empty() {
            return tail.into();
        }
    }
}

fn keep_last(tail: &mut VecDeque<String>, lines: &[u8]) {
    for line in String::from_utf8_lossy(lines)
        .lines()
        .filter(|line| !line.is_empty())
    {
        tail.push_back(line.to_owned());
        if tail.len() > TAIL {
            tail.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn pump_bytes(bytes: &[u8]) -> (String, Vec<String>) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.log");
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        let tail = runtime.block_on(pump(bytes, LogFile::new(path.clone()), |error| {
            panic!("{error}")
        }));
        (std::fs::read_to_string(path).unwrap_or_default(), tail)
    }

    #[test]
    fn the_last_lines_are_returned_and_an_incomplete_line_is_ended() {
        let text: String = (0..20).map(|n| format!("line {n}\n")).collect();
        let (log, tail) = pump_bytes(format!("{text}incomplete").as_bytes());
        assert_eq!(log, format!("{text}incomplete\n"));
        assert_eq!(tail.len(), TAIL);
        assert_eq!(tail.last().unwrap(), "incomplete");
        assert_eq!(tail.first().unwrap(), "line 9");
    }

    #[test]
    fn a_line_without_newline_is_split() {
        let (log, _) = pump_bytes(&vec![b'x'; 3 * LONGEST_LINE]);
        assert_eq!(log.matches('x').count(), 3 * LONGEST_LINE);
        assert!(log.lines().count() > 1);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn no_line_is_lost(lengths in proptest::collection::vec(0..2000usize, 0..100)) {
            let text: String = lengths.iter().map(|&length| "x".repeat(length) + "\n").collect();
            prop_assert_eq!(pump_bytes(text.as_bytes()).0, text);
        }
    }

    #[test]
    fn a_full_disk_is_reported_once_and_does_not_stop_reading() {
        let missing = std::path::PathBuf::from("/nonexistent/x.log");
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        let text = "a line\n".repeat(100_000);
        let mut errors = 0;
        let tail = runtime.block_on(pump(text.as_bytes(), LogFile::new(missing), |_| {
            errors += 1
        }));
        assert_eq!(errors, 1);
        assert_eq!(tail.len(), TAIL);
    }
}
