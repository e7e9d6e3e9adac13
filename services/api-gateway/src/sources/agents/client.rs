//! Fetching one exposition.

use std::time::Duration;

use reqwest::{Client, StatusCode, header};
use service_kit::cache::Cancelled;
use service_kit::{ResponseError, read_response};
use tokio::time::Instant;
use url::Url;

use super::Snapshot;
use crate::sources::exposition::ParseError;
use crate::sources::http_error::describe;

/// How long an agent may take, body included: four times what it is allowed for 10,000 targets.
pub(super) const DEADLINE: Duration = Duration::from_secs(2);

/// Largest exposition read, about three times what 10,000 targets with 40 series each take.
const MAX_BYTES: usize = 128 << 20;

/// Why an agent gave no snapshot.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AgentError {
    /// No connection, no answer in time, or one that broke off.
    #[error("{0}")]
    Away(String),
    /// Another status than 200.
    #[error("it answers {0}")]
    Status(StatusCode),
    /// More text than is read.
    #[error("its exposition is larger than {} MiB", MAX_BYTES >> 20)]
    TooLarge,
    /// Text that is no exposition.
    #[error("its exposition cannot be read: {0}")]
    Exposition(#[from] ParseError),
    /// The gateway gave up, not the agent.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
}

/// Fetches an agent's exposition.
pub(super) async fn fetch(client: Client, url: Url) -> Result<Snapshot, AgentError> {
    let taken = Instant::now();
    let away = |error| AgentError::Away(describe(error));
    let response = client
        .get(url)
        .header(header::ACCEPT, "text/plain;version=0.0.4")
        .send()
        .await
        .map_err(away)?;
    if response.status() != StatusCode::OK {
        return Err(AgentError::Status(response.status()));
    }
    let parsed = read_response(response, MAX_BYTES, move |text| {
        Snapshot::parse(text, taken)
    });
    Ok(parsed.await??)
}

impl From<ResponseError> for AgentError {
    fn from(error: ResponseError) -> Self {
        match error {
            ResponseError::Interrupted(error) => Self::Away(describe(error)),
            ResponseError::TooLarge(_) => Self::TooLarge,
            ResponseError::Cancelled => Self::Cancelled(Cancelled),
        }
    }
}
