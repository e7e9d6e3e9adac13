//! The gateway's stream of changes (`GET /api/v1/events`, server-sent events).

use std::collections::VecDeque;
use std::time::Duration;

use gateway_api::events::{EventReader, SILENCE_MAX, StreamEvent};
use service_kit::event_log::LAST_EVENT_ID;

use super::{Gateway, GatewayError};

/// An open event stream.
#[derive(Debug)]
pub(crate) struct Stream {
    response: reqwest::Response,
    reader: EventReader,
    ready: VecDeque<StreamEvent>,
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
            reader: EventReader::default(),
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
            if let Some(event) = self.ready.pop_front() {
                return Ok(event);
            }
            match self.response.chunk().await? {
                Some(bytes) => self.ready.extend(self.reader.push(&bytes).map_err(|error| {
                    tracing::warn!(%error, "api-gateway's event cannot be parsed");
                    GatewayError::Malformed
                })?),
                None => return Err(GatewayError::Unreachable),
            }
        }
    }
}
