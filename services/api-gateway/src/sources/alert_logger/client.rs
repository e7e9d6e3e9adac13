//! The client of alert-logger.

use std::sync::Arc;
use std::time::Duration;

use gateway_api::incidents::Arrival;
use reqwest::{Client, StatusCode};
use service_kit::cache::{Cancelled, SingleFlight};
use service_kit::{ClientError, ResponseError, http_client, read_response};
use url::Url;

use super::model::{Page, Query, page};
use crate::sources::http_error::{describe, shortened};

/// The timeout of a request, body included.
const DEADLINE: Duration = Duration::from_secs(2);

/// The lifetime of a cached answer.
const LIFETIME: Duration = Duration::from_secs(1);

/// The number of cached pages. It is bounded because clients can request any page.
const PAGES: usize = 16;

/// The largest accepted answer. It is parsed as it arrives, never buffered as a whole. alert-logger's log has 16 MiB.
const MAX_BYTES: usize = 32 << 20;

/// The alert-logger of the configuration.
#[derive(Debug)]
pub struct AlertLogger {
    client: Client,
    readyz: Url,
    alerts: Url,
    checks: SingleFlight<(), Arrival, AlertLoggerError>,
    pages: SingleFlight<Query, Arc<Page>, AlertLoggerError>,
}

/// The reason why alert-logger gave no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AlertLoggerError {
    /// The connection failed, timed out or broke off.
    #[error("alert-logger is unavailable: {0}")]
    Unreachable(String),
    /// `/readyz` answered with another status than 200.
    #[error("alert-logger is not ready: it answered with status {0}")]
    NotReady(StatusCode),
    /// The status is not 200.
    #[error("alert-logger fails: it answered with status {0}")]
    Failing(StatusCode),
    /// The answer does not have alert-logger's format. Another program may listen at the address.
    #[error("alert-logger's answer cannot be parsed: {0}")]
    Malformed(String),
    /// The gateway cancelled the request.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
}

impl AlertLogger {
    /// Creates a client. `base` is `ALERT_LOGGER_URL`, with or without a path prefix.
    ///
    /// # Errors
    /// The HTTP client can't be built.
    pub fn new(base: &Url) -> Result<Self, ClientError> {
        let prefix = base.path().trim_end_matches('/');
        let endpoint = |path: &str| {
            let mut url = base.clone();
            url.set_path(&format!("{prefix}{path}"));
            url
        };
        Ok(Self {
            client: http_client([base], DEADLINE)?,
            readyz: endpoint("/readyz"),
            alerts: endpoint("/api/v1/alerts"),
            checks: SingleFlight::new(LIFETIME, 1),
            pages: SingleFlight::new(LIFETIME, PAGES),
        })
    }

    /// Checks that alert-logger is ready, and returns the last arrival of Watchdog.
    ///
    /// # Errors
    /// alert-logger is unavailable, fails, or is not ready.
    pub async fn check(&self) -> Result<Arrival, AlertLoggerError> {
        let (client, readyz) = (self.client.clone(), self.readyz.clone());
        let newest = Query {
            limit: 1,
            ..Query::default()
        };
        let newest = fetch(self.client.clone(), self.alerts.clone(), newest);
        let fetch = || async move {
            let (ready, newest) = tokio::join!(client.get(readyz).send(), newest);
            match ready.map_err(unreachable)?.status() {
                StatusCode::OK => Ok(newest?.watchdog),
                status => Err(AlertLoggerError::NotReady(status)),
            }
        };
        self.checks.get((), fetch).await
    }

    /// Returns a page of alert-logger's history.
    ///
    /// # Errors
    /// alert-logger is unavailable or fails, or its answer is malformed.
    pub async fn page(&self, query: Query) -> Result<Arc<Page>, AlertLoggerError> {
        let fetch = fetch(self.client.clone(), self.alerts.clone(), query.clone());
        self.pages
            .get(query, || async { fetch.await.map(Arc::new) })
            .await
    }
}

fn unreachable(error: reqwest::Error) -> AlertLoggerError {
    AlertLoggerError::Unreachable(describe(error))
}

async fn fetch(client: Client, url: Url, query: Query) -> Result<Page, AlertLoggerError> {
    let mut parameters = vec![("limit", query.limit.to_string())];
    let status = query.status.map(|status| status.as_str().to_owned());
    for (name, value) in [
        ("target", query.target),
        ("status", status),
        ("before", query.before),
    ] {
        parameters.extend(value.map(|value| (name, value)));
    }
    let response = client
        .get(url)
        .query(&parameters)
        .send()
        .await
        .map_err(unreachable)?;
    if response.status() != StatusCode::OK {
        return Err(AlertLoggerError::Failing(response.status()));
    }
    let read = read_response(response, MAX_BYTES, page).await?;
    read.map_err(|error| AlertLoggerError::Malformed(shortened(error)))
}

impl From<ResponseError> for AlertLoggerError {
    fn from(error: ResponseError) -> Self {
        match error {
            ResponseError::Interrupted(error) => unreachable(error),
            ResponseError::Cancelled => Self::Cancelled(Cancelled),
            error @ ResponseError::TooLarge(_) => Self::Malformed(error.to_string()),
        }
    }
}
