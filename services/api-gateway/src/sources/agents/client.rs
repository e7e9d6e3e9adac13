//! Fetches the metrics of one agent.

use std::time::Duration;

use reqwest::{Client, StatusCode, header};
use service_kit::cache::Cancelled;
use service_kit::{ResponseError, read_response};
use tokio::time::Instant;
use url::Url;

use super::Snapshot;
use crate::sources::exposition::ParseError;
use crate::sources::http_error::describe;

/// The timeout of a request, body included: four times what an agent may take for 10,000 targets.
pub(super) const DEADLINE: Duration = Duration::from_secs(2);

/// The largest accepted exposition: about three times that of 10,000 targets with 40 series each.
const MAX_BYTES: usize = 128 << 20;

/// The reason why an agent gave no snapshot.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AgentError {
    /// The connection failed, timed out or broke off.
    #[error("{0}")]
    Unreachable(String),
    /// The status is not 200.
    #[error("HTTP status {0}")]
    Status(StatusCode),
    /// The exposition is larger than the limit.
    #[error("its metrics are larger than {} MiB", MAX_BYTES >> 20)]
    TooLarge,
    /// The text is not a valid exposition.
    #[error("its metrics cannot be parsed: {0}")]
    Exposition(#[from] ParseError),
    /// The gateway cancelled the request.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
}

/// Fetches and parses an agent's exposition.
pub(super) async fn fetch(client: Client, url: Url) -> Result<Snapshot, AgentError> {
    let requested_at = Instant::now();
    let unreachable = |error| AgentError::Unreachable(describe(error));
    let response = client
        .get(url)
        .header(header::ACCEPT, "text/plain;version=0.0.4")
        .send()
        .await
        .map_err(unreachable)?;
    if response.status() != StatusCode::OK {
        return Err(AgentError::Status(response.status()));
    }
    let parsed = read_response(response, MAX_BYTES, move |text| {
        Snapshot::parse(text, requested_at)
    });
    Ok(parsed.await??)
}

impl From<ResponseError> for AgentError {
    fn from(error: ResponseError) -> Self {
        match error {
            ResponseError::Interrupted(error) => Self::Unreachable(describe(error)),
            ResponseError::TooLarge(_) => Self::TooLarge,
            ResponseError::Cancelled => Self::Cancelled(Cancelled),
        }
    }
}
