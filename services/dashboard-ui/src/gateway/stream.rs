//! The gateway's stream of changes (`GET /api/v1/events`, server-sent events).

use std::collections::VecDeque;
use std::time::Duration;

use gateway_api::events::StreamEvent;
use service_kit::event_log::LAST_EVENT_ID;

use super::{Gateway, GatewayError};

/// The timeout for the next event. The gateway sends one at least every 5 s.
const SILENCE_MAX: Duration = Duration::from_secs(9);

/// The largest event.
const EVENT_MAX_BYTES: usize = 4 * 1024 * 1024;

/// An open event stream.
#[derive(Debug)]
pub(crate) struct Stream {
    response: reqwest::Response,
    parser: Parser,
    ready: VecDeque<Message>,
}

#[derive(Debug, Default, PartialEq)]
struct Message {
    event: String,
    data: String,
}

impl Gateway {
    /// Opens the stream after the event with the id `last`.
    pub(crate) async fn stream(&self, last: Option<&str>) -> Result<Stream, GatewayError> {
        let mut request = self
            .client
            .get(self.url(&["events"], &[]))
            .header("accept", "text/event-stream")
            // The stream never ends; `next` has its own timeout.
            .timeout(Duration::from_secs(365 * 86_400));
        if let Some(id) = last {
            request = request.header(LAST_EVENT_ID, id);
        }
        let response = match tokio::time::timeout(super::TIMEOUT, request.send()).await {
            Ok(response) => response?,
            Err(_) => return Err(GatewayError::Timeout),
        };
        Ok(Stream {
            response: super::accepted(response).await?,
            parser: Parser::default(),
            ready: VecDeque::new(),
        })
    }
}

impl Stream {
    /// Returns the next event.
    ///
    /// # Errors
    /// The stream ended, or sent no event for [`SILENCE_MAX`]. Comments are not events.
    pub(crate) async fn next(&mut self) -> Result<StreamEvent, GatewayError> {
        let next = tokio::time::timeout(SILENCE_MAX, self.receive());
        next.await.unwrap_or(Err(GatewayError::Timeout))
    }

    async fn receive(&mut self) -> Result<StreamEvent, GatewayError> {
        loop {
            while let Some(message) = self.ready.pop_front() {
                if let Some(event) = message.parse()? {
                    return Ok(event);
                }
            }
            match self.response.chunk().await? {
                Some(bytes) => self.ready.extend(self.parser.push(&bytes)?),
                None => return Err(GatewayError::Unreachable),
            }
        }
    }
}

impl Message {
    /// Parses the event. Returns `None` for a type that a newer gateway may send.
    fn parse(&self) -> Result<Option<StreamEvent>, GatewayError> {
        StreamEvent::parse(&self.event, &self.data).map_err(|error| {
            tracing::warn!(%error, event = self.event, "api-gateway's event cannot be parsed");
            GatewayError::Malformed
        })
    }
}

/// Splits a byte stream into messages of server-sent events (WHATWG HTML, 9.2).
#[derive(Debug, Default)]
struct Parser {
    line: Vec<u8>,
    message: Message,
    has_data: bool,
}

impl Parser {
    fn push(&mut self, bytes: &[u8]) -> Result<Vec<Message>, GatewayError> {
        let mut messages = Vec::new();
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            self.line.extend_from_slice(piece);
            if self.line.len() + self.message.data.len() > EVENT_MAX_BYTES {
                tracing::warn!(limit = EVENT_MAX_BYTES, "api-gateway's event is too large");
                return Err(GatewayError::Malformed);
            }
            if self.line.last() == Some(&b'\n') {
                let line = std::mem::take(&mut self.line);
                let line = String::from_utf8_lossy(&line);
                self.push_line(line.trim_end_matches(['\r', '\n']), &mut messages);
            }
        }
        Ok(messages)
    }

    fn push_line(&mut self, line: &str, messages: &mut Vec<Message>) {
        if line.is_empty() {
            let message = std::mem::take(&mut self.message);
            if std::mem::take(&mut self.has_data) {
                messages.push(message);
            }
            return;
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
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const STREAM: &str = "retry: 1000\n\n: alive\n\nid: 7-1\nevent: removed\ndata: {\"target\":\r\ndata: \"ü\"}\n\nevent: reset\ndata: {}\n\n";

    #[test]
    fn events_are_parsed() {
        let messages = Parser::default().push(STREAM.as_bytes()).unwrap();
        let events: Vec<_> = messages.iter().map(|it| it.parse().unwrap()).collect();
        assert!(
            matches!(events.as_slice(), [Some(StreamEvent::Removed(it)), Some(StreamEvent::Reset {})] if &*it.target == "ü"),
            "{events:?}"
        );
    }

    #[test]
    fn an_event_above_the_size_limit_is_an_error() {
        let mut parser = Parser::default();
        let endless = vec![b'x'; EVENT_MAX_BYTES / 2];
        assert!(parser.push(&endless).is_ok());
        assert!(parser.push(&endless).is_ok());
        assert!(parser.push(b"x").is_err());
    }

    #[test]
    fn malformed_events_are_errors_and_unknown_events_are_ignored() {
        let message = |event: &str| Message {
            event: event.to_owned(),
            data: "{}".to_owned(),
        };
        assert!(message("target").parse().is_err());
        assert!(message("later").parse().unwrap().is_none());
    }

    proptest! {
        #[test]
        fn chunk_boundaries_do_not_matter(cuts in prop::collection::vec(0..STREAM.len(), 0..8)) {
            let mut cuts = cuts;
            cuts.extend([0, STREAM.len()]);
            cuts.sort_unstable();
            let mut parser = Parser::default();
            let mut messages = Vec::new();
            for pair in cuts.windows(2) {
                messages.extend(parser.push(&STREAM.as_bytes()[pair[0]..pair[1]]).unwrap());
            }
            prop_assert_eq!(messages, Parser::default().push(STREAM.as_bytes()).unwrap());
        }

        #[test]
        fn arbitrary_bytes_do_not_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            for message in Parser::default().push(&bytes).unwrap() {
                let _ = message.parse();
            }
        }
    }
}
