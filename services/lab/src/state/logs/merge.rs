//! Merges several logs by the time of their lines.

use std::io;

use jiff::Timestamp;

use super::reader::LogReader;

/// The last offset in a line at which its time may start, after `ts=`, `time="` or a JSON key.
const TIME_WITHIN: usize = 40;

/// The next line of a log.
#[derive(Debug)]
struct Line {
    time: Timestamp,
    bytes: Vec<u8>,
}

#[derive(Debug)]
struct Source {
    reader: LogReader,
    /// The time of its last line. A line without a time has that of the line before.
    time: Timestamp,
    next: Option<Line>,
}

/// Several logs, merged by the time at the start of each line.
#[derive(Debug)]
pub struct Merge {
    sources: Vec<Source>,
}

impl Merge {
    /// Merges these logs.
    #[must_use]
    pub fn new(readers: Vec<LogReader>) -> Self {
        let source = |reader| Source {
            reader,
            time: Timestamp::MIN,
            next: None,
        };
        Self {
            sources: readers.into_iter().map(source).collect(),
        }
    }

    /// Returns the next line with the index of its log; `None` if no log has one now.
    ///
    /// # Errors
    /// A log can't be read.
    pub fn next_line(&mut self) -> io::Result<Option<(usize, Vec<u8>)>> {
        for source in &mut self.sources {
            if source.next.is_none()
                && let Some(line) = source.reader.next_line()?
            {
                source.time = time_of(&line).unwrap_or(source.time);
                source.next = Some(Line {
                    time: source.time,
                    bytes: line,
                });
            }
        }
        let earliest = self
            .sources
            .iter_mut()
            .enumerate()
            .filter_map(|(index, source)| {
                source
                    .next
                    .as_ref()
                    .map(|next| next.time)
                    .map(|time| (time, index, source))
            })
            .min_by_key(|(time, index, _)| (*time, *index));
        Ok(earliest
            .and_then(|(_, index, source)| source.next.take().map(|next| (index, next.bytes))))
    }
}

/// Finds the RFC 3339 time near the start of a line.
fn time_of(line: &[u8]) -> Option<Timestamp> {
    let part_of_time = |byte: &u8| byte.is_ascii_digit() || b"-:.TZ+".contains(byte);
    let head = line.get(..line.len().min(TIME_WITHIN + 35))?;
    let mut begin = 0;
    while let Some(offset) = head.get(begin..)?.iter().position(u8::is_ascii_digit) {
        begin += offset;
        if begin > TIME_WITHIN {
            return None;
        }
        let rest = head.get(begin..)?;
        let length = rest
            .iter()
            .position(|byte| !part_of_time(byte))
            .unwrap_or(rest.len());
        let text = std::str::from_utf8(rest.get(..length)?).ok()?;
        if let Ok(time) = text.parse() {
            return Some(time);
        }
        begin += length;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_time_is_found_in_the_formats_of_all_parts() {
        let expected: Timestamp = "2026-11-23T02:37:02.141Z".parse().unwrap();
        for line in [
            "2026-11-23T02:37:02.141Z  INFO ping_agent: probing",
            "ts=2026-11-23T02:37:02.141Z caller=main.go:241 level=info",
            r#"time="2026-11-23T02:37:02.141Z" level=info"#,
            r#"{"timestamp":"2026-11-23T02:37:02.141Z","level":"INFO"}"#,
        ] {
            assert_eq!(time_of(line.as_bytes()), Some(expected), "{line}");
        }
        assert_eq!(time_of(b"panicked at 12:30"), None);
    }

    #[test]
    fn lines_are_ordered_by_time_and_continuation_lines_stay_with_their_line() {
        let folder = tempfile::tempdir().unwrap();
        let log = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            LogReader::new(path)
        };
        let mut merge = Merge::new(vec![
            log(
                "a.log",
                "2026-01-01T00:00:01Z a1\n  and more\n2026-01-01T00:00:03Z a3\n",
            ),
            log("b.log", "2026-01-01T00:00:02Z b2\n"),
        ]);
        let merged: Vec<(usize, String)> = std::iter::from_fn(|| merge.next_line().unwrap())
            .map(|(index, line)| (index, String::from_utf8(line).unwrap()))
            .map(|(index, line)| (index, line.rsplit(' ').next().unwrap().to_owned()))
            .collect();
        let expected = [(0, "a1"), (0, "more"), (1, "b2"), (0, "a3")];
        assert_eq!(
            merged,
            expected.map(|(index, line)| (index, line.to_owned()))
        );
    }

    proptest! {
        #[test]
        fn any_line_is_accepted(line in proptest::collection::vec(any::<u8>(), 0..200)) {
            time_of(&line);
        }
    }
}
