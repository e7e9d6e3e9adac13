//! Merges several logs in order of time.

use std::io;

use jiff::Timestamp;

use super::reader::LogReader;

/// How far into a line its time may begin: `ts=`, `time="`, a JSON key.
const TIME_WITHIN: usize = 40;

/// The next line of a log.
#[derive(Debug)]
struct Waiting {
    time: Timestamp,
    line: Vec<u8>,
}

#[derive(Debug)]
struct Source {
    reader: LogReader,
    /// The time of its last line; a line without a time belongs to the line before.
    time: Timestamp,
    next: Option<Waiting>,
}

/// Several logs, merged by the times that their lines begin with.
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
                source.next = Some(Waiting {
                    time: source.time,
                    line,
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
            .and_then(|(_, index, source)| source.next.take().map(|next| (index, next.line))))
    }
}

/// Finds the RFC 3339 time near the beginning of a line.
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
    fn times_are_found_where_the_parts_write_them() {
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
    fn lines_come_in_order_of_time_and_continuations_stay_with_theirs() {
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
        fn any_line_is_read(line in proptest::collection::vec(any::<u8>(), 0..200)) {
            time_of(&line);
        }
    }
}
