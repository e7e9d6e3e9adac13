//! The gateway's stream of changes (`GET /api/v1/events`, server-sent events).

use std::collections::VecDeque;
use std::time::Duration;

use super::status::{Summary, Target};
use super::{Gateway, GatewayError};

/// The gateway says something every 5 s; one that is silent this long is away.
const SILENCE_MAX: Duration = Duration::from_secs(12);

/// No event is longer; past it, whoever answers is not the gateway.
const EVENT_MAX_BYTES: usize = 4 * 1024 * 1024;

/// What an event says.
#[derive(Debug)]
pub(crate) enum Told {
    Target(Box<Target>),
    Removed(String),
    Summary(Box<Summary>),
    /// An incident has begun, gone on or ended.
    Incident,
    /// What was missed cannot be told: everything is to be fetched anew.
    Reset,
}

/// An open stream.
#[derive(Debug)]
pub(crate) struct Stream {
    response: reqwest::Response,
    parser: Parser,
    ready: VecDeque<Message>,
}

#[derive(Debug, Default, PartialEq)]
struct Message {
    id: Option<String>,
    event: String,
    data: String,
}

impl Gateway {
    /// Opens the stream, after the event that was heard last.
    pub(crate) async fn stream(&self, last_id: Option<&str>) -> Result<Stream, GatewayError> {
        let mut request = self
            .client
            .get(self.url(&["events"], &[]))
            .header("accept", "text/event-stream")
            // It ends when it falls silent, and otherwise goes on.
            .timeout(Duration::from_secs(365 * 86_400));
        if let Some(id) = last_id {
            request = request.header("last-event-id", id);
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
    /// The next event that means something here, and its id.
    pub(crate) async fn next(&mut self) -> Result<(Option<String>, Told), GatewayError> {
        loop {
            while let Some(message) = self.ready.pop_front() {
                if let Some(told) = Told::of(&message)? {
                    return Ok((message.id, told));
                }
            }
            let chunk = tokio::time::timeout(SILENCE_MAX, self.response.chunk()).await;
            match chunk {
                Ok(Ok(Some(bytes))) => self.ready.extend(self.parser.take(&bytes)?),
                Ok(Ok(None)) => return Err(GatewayError::Unreachable),
                Ok(Err(error)) => return Err(error.into()),
                Err(_) => return Err(GatewayError::Timeout),
            }
        }
    }
}

impl Told {
    fn of(message: &Message) -> Result<Option<Self>, GatewayError> {
        #[derive(serde::Deserialize)]
        struct Removed {
            target: String,
        }
        let data = message.data.as_str();
        let told = match message.event.as_str() {
            "target" => serde_json::from_str(data).map(Self::Target),
            "summary" => serde_json::from_str(data).map(Self::Summary),
            "removed" => serde_json::from_str(data).map(|Removed { target }| Self::Removed(target)),
            "incident" => Ok(Self::Incident),
            "reset" => Ok(Self::Reset),
            _ => return Ok(None),
        };
        told.map(Some).map_err(|error| {
            tracing::warn!(%error, event = message.event, "api-gateway's event cannot be read");
            GatewayError::Malformed
        })
    }
}

/// Turns bytes, however they are cut, into messages.
#[derive(Debug, Default)]
struct Parser {
    line: Vec<u8>,
    message: Message,
    has_data: bool,
}

impl Parser {
    fn take(&mut self, bytes: &[u8]) -> Result<Vec<Message>, GatewayError> {
        let mut messages = Vec::new();
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            self.line.extend_from_slice(piece);
            if self.line.len() + self.message.data.len() > EVENT_MAX_BYTES {
                tracing::warn!(limit = EVENT_MAX_BYTES, "api-gateway's event is too long");
                return Err(GatewayError::Malformed);
            }
            if self.line.last() == Some(&b'\n') {
                let line = std::mem::take(&mut self.line);
                let line = String::from_utf8_lossy(&line);
                self.read(line.trim_end_matches(['\r', '\n']), &mut messages);
            }
        }
        Ok(messages)
    }

    fn read(&mut self, line: &str, messages: &mut Vec<Message>) {
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
            "id" => self.message.id = Some(value.to_owned()),
            "event" => value.clone_into(&mut self.message.event),
            "data" => {
                if std::mem::replace(&mut self.has_data, true) {
                    self.message.data.push('\n');
                }
                self.message.data.push_str(value);
            }
            // A comment, or `retry`, which is for browsers.
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
    fn events_are_read() {
        let messages = Parser::default().take(STREAM.as_bytes()).unwrap();
        let told: Vec<_> = messages.iter().map(|it| Told::of(it).unwrap()).collect();
        assert!(
            matches!(told.as_slice(), [Some(Told::Removed(target)), Some(Told::Reset)] if target == "ü"),
            "{told:?}"
        );
        assert_eq!(messages[0].id.as_deref(), Some("7-1"));
    }

    #[test]
    fn what_never_ends_is_given_up() {
        let mut parser = Parser::default();
        let endless = vec![b'x'; EVENT_MAX_BYTES / 2];
        assert!(parser.take(&endless).is_ok());
        assert!(parser.take(&endless).is_ok());
        assert!(parser.take(b"x").is_err());
    }

    #[test]
    fn an_event_that_is_not_what_it_says_is_an_error_and_an_unknown_one_is_not() {
        let message = |event: &str| Message {
            event: event.to_owned(),
            data: "{}".to_owned(),
            id: None,
        };
        assert!(Told::of(&message("target")).is_err());
        assert!(Told::of(&message("news")).unwrap().is_none());
    }

    proptest! {
        #[test]
        fn it_does_not_matter_how_the_bytes_are_cut(cuts in prop::collection::vec(0..STREAM.len(), 0..8)) {
            let mut cuts = cuts;
            cuts.extend([0, STREAM.len()]);
            cuts.sort_unstable();
            let mut parser = Parser::default();
            let mut messages = Vec::new();
            for pair in cuts.windows(2) {
                messages.extend(parser.take(&STREAM.as_bytes()[pair[0]..pair[1]]).unwrap());
            }
            prop_assert_eq!(messages, Parser::default().take(STREAM.as_bytes()).unwrap());
        }

        #[test]
        fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            for message in Parser::default().take(&bytes).unwrap() {
                let _ = Told::of(&message);
            }
        }
    }
}
