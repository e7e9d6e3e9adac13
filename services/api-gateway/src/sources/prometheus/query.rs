//! One query: retries within a deadline.

use std::time::Duration;

use gateway_api::slo::WINDOWS;
use reqwest::{Client, StatusCode};
use service_kit::cache::Cancelled;
use service_kit::{ResponseError, ResponseText, read_response};
use tokio::time::{Instant, sleep, timeout};
use url::Url;

use crate::sources::http_error::describe;

/// Largest answer read: twice what 90 slots of 10,000 targets take. It is never held as a whole.
const MAX_BYTES: usize = 64 << 20;

/// When to come back after [`QueryError::Busy`].
pub const RETRY_SECONDS: u32 = 5;

/// The deadline and the retries of a query.
#[derive(Debug, Clone, Copy)]
pub struct Policy {
    /// For everything, retries included.
    pub deadline: Duration,
    /// How often a query is sent again when Prometheus is away or fails.
    pub retries: u32,
    /// The least pause before the first retry; it doubles with each, and up to as much again is added at random.
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

/// Why Prometheus gave no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QueryError {
    /// No connection, or one that broke off.
    #[error("Prometheus is away: {0}")]
    Away(String),
    /// The deadline is over.
    #[error("Prometheus did not answer within {} s", .0.as_secs_f64())]
    Deadline(Duration),
    /// A status of the 500s.
    #[error("Prometheus fails: it answers {0}")]
    Failing(StatusCode),
    /// Prometheus refuses the query.
    #[error("Prometheus refuses the query: {0}")]
    Refused(String),
    /// An answer that its API does not document; something else may listen there.
    #[error("Prometheus' answer cannot be read: {0}")]
    Malformed(String),
    /// As many readers wait for windows of their own choice as may.
    #[error(
        "too many windows are being asked for; try again in {RETRY_SECONDS} s, or ask for one whose answer is shared: {}",
        WINDOWS.join(", ")
    )]
    Busy,
    /// The gateway gave up, not Prometheus.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
}

impl QueryError {
    /// Returns whether the same query may be answered a moment later.
    fn is_passing(&self) -> bool {
        matches!(self, Self::Away(_) | Self::Failing(_))
    }
}

/// Reads an answer.
pub(super) type Read<T> = fn(ResponseText) -> Result<T, QueryError>;

/// Sends these parameters until there is an answer, retries are used up, or the deadline is over.
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
                Err(error) if error.is_passing() => {
                    tracing::debug!(%error, "retrying a query");
                    // Up to twice the time, so that gateways do not come back in step.
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
    let away = |error| QueryError::Away(describe(error));
    // Prometheus is to stop working when nobody waits any more.
    let left = deadline.saturating_duration_since(Instant::now());
    let response = client
        .get(url.clone())
        .query(parameters)
        .query(&[("timeout", format!("{}ms", left.as_millis().max(1)))])
        .timeout(left)
        .send()
        .await
        .map_err(away)?;
    let status = response.status();
    if status.is_server_error() {
        return Err(QueryError::Failing(status));
    }
    match read_response(response, MAX_BYTES, read).await? {
        Err(QueryError::Malformed(_)) if !status.is_success() => {
            Err(QueryError::Refused(format!("it answers {status}")))
        }
        outcome => outcome,
    }
}

impl From<ResponseError> for QueryError {
    fn from(error: ResponseError) -> Self {
        match error {
            ResponseError::Interrupted(error) => Self::Away(describe(error)),
            ResponseError::Cancelled => Self::Cancelled(Cancelled),
            error @ ResponseError::TooLarge(_) => Self::Malformed(error.to_string()),
        }
    }
}
