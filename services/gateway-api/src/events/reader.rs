//! Splits the byte stream of `/api/v1/events` into events.

use std::time::Duration;

use super::StreamEvent;

/// The timeout for the next event. The gateway sends one at least every 5 s.
pub const SILENCE_MAX: Duration = Duration::from_secs(9);

/// The largest event.
const EVENT_MAX_BYTES: usize = 4 * 1024 * 1024;

/// The error of an event stream.
#[derive(Debug, thiserror::Error)]
pub enum EventError {
    /// An event exceeds the limit.
    #[error("an event is longer than {EVENT_MAX_BYTES} bytes")]
    TooLong,
    /// The JSON of an event does not match its name.
    #[error("an event {name:?} can't be read: {error}")]
    Malformed {
        /// The event's name.
        name: String,
        /// The parser's error.
        error: serde_json::Error,
    },
}

/// Splits a byte stream into the messages of server-sent events (WHATWG HTML, 9.2), and parses them.
#[derive(Debug, Default)]
pub struct EventReader {
    line: Vec<u8>,
    message: Message,
    has_data: bool,
}

/// An event before its data is parsed.
#[derive(Debug, Default)]
struct Message {
    event: String,
    data: String,
}

impl EventReader {
    /// Takes the next bytes of the stream, and returns the events that they complete. Events with an unknown name, which a
    /// newer gateway may send, are skipped.
    ///
    /// # Errors
    /// An event is too long, or can't be parsed.
    pub fn push(&mut self, bytes: &[u8]) -> Result<Vec<StreamEvent>, EventError> {
        let mut events = Vec::new();
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            self.line.extend_from_slice(piece);
            if self.line.len() + self.message.data.len() > EVENT_MAX_BYTES {
                return Err(EventError::TooLong);
            }
            if self.line.last() == Some(&b'\n') {
                let line = std::mem::take(&mut self.line);
                let line = String::from_utf8_lossy(&line);
                if let Some(message) = self.push_line(line.trim_end_matches(['\r', '\n'])) {
                    events.extend(message.parse()?);
                }
            }
        }
        Ok(events)
    }

    /// Takes a line. An empty one completes a message.
    fn push_line(&mut self, line: &str) -> Option<Message> {
        if line.is_empty() {
            let message = std::mem::take(&mut self.message);
            return std::mem::take(&mut self.has_data).then_some(message);
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => value.clone_into(&mut self.message.event),
            "data" => {
                if std::mem::replace(&mut self.has_data, true) {
                    self.message.data.push('\n');
                }
                self.message.data.push_str(value);
            }
            // A comment, or `id` and `retry`, which are for browsers.
            _ => {}
        }
        None
    }
}

impl Message {
    /// Returns the event; `None` if its name is unknown.
    fn parse(self) -> Result<Option<StreamEvent>, EventError> {
        let parsed = StreamEvent::parse(&self.event, &self.data);
        parsed.map_err(|error| EventError::Malformed {
            name: self.event,
            error,
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const STREAM: &str = "retry: 1000\n\n: alive\n\nid: 7-1\nevent: removed\ndata: {\"target\":\r\ndata: \"ü\"}\n\nevent: reset\ndata: {}\n\n";

    #[test]
    fn events_are_read() {
        let events = EventReader::default().push(STREAM.as_bytes()).unwrap();
        assert!(
            matches!(events.as_slice(), [StreamEvent::Removed(it), StreamEvent::Reset {}] if &*it.target == "ü"),
            "{events:?}"
        );
    }

    #[test]
    fn an_endless_event_is_an_error() {
        let mut reader = EventReader::default();
        let endless = vec![b'x'; EVENT_MAX_BYTES / 2];
        assert!(reader.push(&endless).is_ok());
        assert!(reader.push(&endless).is_ok());
        let error = reader.push(b"x").unwrap_err().to_string();
        assert!(error.contains("longer than 4194304 bytes"), "{error}");
    }

    #[test]
    fn invalid_json_is_an_error_and_an_unknown_event_is_skipped() {
        let push = |event: &str| {
            EventReader::default().push(format!("event: {event}\ndata: {{}}\n\n").as_bytes())
        };
        let error = push("target").unwrap_err().to_string();
        assert!(error.contains("\"target\""), "{error}");
        assert!(push("news").unwrap().is_empty());
    }

    proptest! {
        #[test]
        fn events_do_not_depend_on_chunk_boundaries(cuts in prop::collection::vec(0..STREAM.len(), 0..8)) {
            let mut cuts = cuts;
            cuts.extend([0, STREAM.len()]);
            cuts.sort_unstable();
            let mut reader = EventReader::default();
            let mut events = Vec::new();
            for pair in cuts.windows(2) {
                events.extend(reader.push(&STREAM.as_bytes()[pair[0]..pair[1]]).unwrap());
            }
            prop_assert_eq!(events, EventReader::default().push(STREAM.as_bytes()).unwrap());
        }

        #[test]
        fn any_bytes_are_accepted(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            let _ = EventReader::default().push(&bytes);
        }
    }
}
