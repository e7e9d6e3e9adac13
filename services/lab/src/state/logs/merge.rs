//! Merges several logs by the time of their lines.

use std::io;

use jiff::Timestamp;

use super::reader::LogReader;

/// The last offset in a line at which its time may start, after `ts=`, `time="` or a JSON key.
const TIME_WITHIN: usize = 40;

/// A line of a log.
#[derive(Debug)]
pub struct Line {
    /// The index of its log.
    pub log: usize,
    /// Its time. A line without a time has that of the line before.
    pub time: Timestamp,
    /// Its text, without the newline.
    pub bytes: Vec<u8>,
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

    /// Returns the next line; `None` if no log has one now.
    ///
    /// # Errors
    /// A log can't be read.
    pub fn next_line(&mut self) -> io::Result<Option<Line>> {
        for (log, source) in self.sources.iter_mut().enumerate() {
            if source.next.is_none()
                && let Some(line) = source.reader.next_line()?
            {
                let notified = || notified_at(&line).map(|time| time.max(source.time));
                source.time = time_of(&line).or_else(notified).unwrap_or(source.time);
                source.next = Some(Line {
                    log,
                    time: source.time,
                    bytes: line,
                });
            }
        }
        let waiting = self.sources.iter_mut().filter_map(|source| {
            let next = source.next.as_ref()?;
            Some(((next.time, next.log), source))
        });
        let earliest = waiting.min_by_key(|(place, _)| *place);
        Ok(earliest.and_then(|(_, source)| source.next.take()))
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

/// Returns the newest start or end of an alert in a notification, which alert-logger prints as JSON without a time of its
/// own.
fn notified_at(line: &[u8]) -> Option<Timestamp> {
    let text = line.starts_with(b"{").then_some(line)?;
    let text = std::str::from_utf8(text).ok()?;
    let times = [r#""startsAt":""#, r#""endsAt":""#].map(|key| text.split(key).skip(1));
    let parsed = times.into_iter().flatten().filter_map(|rest| {
        let (time, _) = rest.split_once('"')?;
        time.parse::<Timestamp>().ok()
    });
    parsed.max()
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
            .map(|line| (line.log, String::from_utf8(line.bytes).unwrap()))
            .map(|(log, line)| (log, line.rsplit(' ').next().unwrap().to_owned()))
            .collect();
        let expected = [(0, "a1"), (0, "more"), (1, "b2"), (0, "a3")];
        assert_eq!(
            merged,
            expected.map(|(index, line)| (index, line.to_owned()))
        );
    }

    #[test]
    fn a_notification_has_the_time_of_its_newest_alert() {
        let line = r#"{"receiver":"stdout","alerts":[{"startsAt":"2026-11-23T02:37:02.141Z","endsAt":"0001-01-01T00:00:00Z"},{"startsAt":"2026-11-23T02:00:00Z","endsAt":"2026-11-23T02:40:00Z"}]}"#;
        let expected = "2026-11-23T02:40:00Z".parse().ok();
        assert_eq!(notified_at(line.as_bytes()), expected);
        assert_eq!(notified_at(b"{}"), None);
        assert_eq!(
            notified_at(br#"no "startsAt":"2026-11-23T02:40:00Z""#),
            None
        );
    }

    proptest! {
        #[test]
        fn any_line_is_accepted(line in proptest::collection::vec(any::<u8>(), 0..200)) {
            time_of(&line);
            notified_at(&line);
        }
    }
}
