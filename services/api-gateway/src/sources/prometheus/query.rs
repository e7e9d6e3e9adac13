//! Sending one query, with retries within a deadline.

use std::time::Duration;

use gateway_api::slo::WINDOWS;
use reqwest::{Client, StatusCode};
use service_kit::cache::Cancelled;
use service_kit::{ResponseError, ResponseText, read_response};
use tokio::time::{Instant, sleep, timeout};
use url::Url;

use crate::sources::http_error::describe;

/// The largest accepted answer: twice that of 90 slots of 10,000 targets. It is parsed as it arrives, never buffered.
const MAX_BYTES: usize = 64 << 20;

/// `Retry-After` in seconds for [`QueryError::Busy`].
pub const RETRY_SECONDS: u32 = 5;

/// The deadline and the retries of a query.
#[derive(Debug, Clone, Copy)]
pub struct Policy {
    /// The deadline, including retries.
    pub deadline: Duration,
    /// The number of retries if Prometheus is unavailable or fails.
    pub retries: u32,
    /// The shortest pause before the first retry. It doubles with each retry, and up to the same time is added at random.
    pub backoff: Duration,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            deadline: Duration::from_secs(5),
            retries: 2,
            backoff: Duration::from_millis(100),
        }
    }
}

/// The reason why Prometheus gave no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QueryError {
    /// The connection failed or broke off.
    #[error("Prometheus is unavailable: {0}")]
    Unreachable(String),
    /// The deadline has passed.
    #[error("Prometheus did not answer within {} s", .0.as_secs_f64())]
    Deadline(Duration),
    /// The status is 500 or above.
    #[error("Prometheus fails: it answered with status {0}")]
    Failing(StatusCode),
    /// Prometheus rejected the query.
    #[error("Prometheus rejected the query: {0}")]
    Rejected(String),
    /// The answer does not have the format of Prometheus' API. Another program may listen at the address.
    #[error("Prometheus' answer cannot be parsed: {0}")]
    Malformed(String),
    /// Too many queries for custom windows are waiting.
    #[error(
        "too many different windows are being requested; retry in {RETRY_SECONDS} s, or use a window with a shared answer: {}",
        WINDOWS.join(", ")
    )]
    Busy,
    /// The gateway cancelled the query.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
}

impl QueryError {
    /// Returns whether a retry may succeed.
    fn is_transient(&self) -> bool {
        matches!(self, Self::Unreachable(_) | Self::Failing(_))
    }
}

/// A parser of answers.
pub(super) type Read<T> = fn(ResponseText) -> Result<T, QueryError>;

/// Sends a query until it is answered, the retries are used up, or the deadline has passed.
pub(super) async fn query<T: Send + 'static>(
    client: &Client,
    url: &Url,
    parameters: &[(&str, String)],
    policy: Policy,
    read: Read<T>,
) -> Result<T, QueryError> {
    let deadline = Instant::now() + policy.deadline;
    let mut backoff = policy.backoff;
    let attempts = async {
        for _ in 0..policy.retries {
            match attempt(client, url, parameters, deadline, read).await {
                Err(error) if error.is_transient() => {
                    tracing::debug!(%error, "retrying a query");
                    // The random part keeps several gateways from retrying at the same time.
                    sleep(backoff.mul_f64(1.0 + fastrand::f64())).await;
                    backoff *= 2;
                }
                outcome => return outcome,
            }
        }
        attempt(client, url, parameters, deadline, read).await
    };
    timeout(policy.deadline, attempts)
        .await
        .unwrap_or(Err(QueryError::Deadline(policy.deadline)))
}

async fn attempt<T: Send + 'static>(
    client: &Client,
    url: &Url,
    parameters: &[(&str, String)],
    deadline: Instant,
    read: Read<T>,
) -> Result<T, QueryError> {
    let unreachable = |error| QueryError::Unreachable(describe(error));
    // Prometheus gets the same timeout, so that it stops evaluating when the gateway no longer waits.
    let left = deadline.saturating_duration_since(Instant::now());
    let response = client
        .get(url.clone())
        .query(parameters)
        .query(&[("timeout", format!("{}ms", left.as_millis().max(1)))])
        .timeout(left)
        .send()
        .await
        .map_err(unreachable)?;
    let status = response.status();
    if status.is_server_error() {
        return Err(QueryError::Failing(status));
    }
    match read_response(response, MAX_BYTES, read).await? {
        Err(QueryError::Malformed(_)) if !status.is_success() => {
            Err(QueryError::Rejected(format!("HTTP status {status}")))
        }
        outcome => outcome,
    }
}

impl From<ResponseError> for QueryError {
    fn from(error: ResponseError) -> Self {
        match error {
            ResponseError::Interrupted(error) => Self::Unreachable(describe(error)),
            ResponseError::Cancelled => Self::Cancelled(Cancelled),
            error @ ResponseError::TooLarge(_) => Self::Malformed(error.to_string()),
        }
    }
}
