//! Requests to alert-logger.

use std::sync::Arc;
use std::time::Duration;

use gateway_api::incidents::Arrival;
use reqwest::{Client, StatusCode};
use service_kit::cache::{Cancelled, SingleFlight};
use service_kit::{ClientError, ResponseError, http_client, read_response};
use url::Url;

use super::model::{Page, Query, page};
use crate::sources::http_error::{describe, shortened};

/// How long an answer may take, a full page's included.
const DEADLINE: Duration = Duration::from_secs(2);

/// How long an answer is kept.
const LIFETIME: Duration = Duration::from_secs(1);

/// The pages that are kept. Anyone can ask for any.
const PAGES: usize = 16;

/// Largest answer read, though never held as a whole. All that alert-logger keeps takes 16 MiB in its log.
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

/// Why alert-logger can't be counted on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AlertLoggerError {
    /// No connection, or no answer in time.
    #[error("alert-logger is away: {0}")]
    Away(String),
    /// It answers that it is not ready.
    #[error("alert-logger is not ready: it answers {0}")]
    NotReady(StatusCode),
    /// Another status than 200.
    #[error("alert-logger fails: it answers {0}")]
    Failing(StatusCode),
    /// An answer that is none; something else may listen there.
    #[error("alert-logger's answer cannot be read: {0}")]
    Malformed(String),
    /// The gateway gave up, not alert-logger.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
}

impl AlertLogger {
    /// `base` is `ALERT_LOGGER_URL`, with or without a path prefix.
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

    /// Checks that it is ready, and returns when the alert that always fires last arrived.
    ///
    /// # Errors
    /// It is not ready.
    pub async fn check(&self) -> Result<Arrival, AlertLoggerError> {
        let (client, readyz) = (self.client.clone(), self.readyz.clone());
        let newest = Query {
            limit: 1,
            ..Query::default()
        };
        let newest = fetch(self.client.clone(), self.alerts.clone(), newest);
        let fetch = || async move {
            let (ready, newest) = tokio::join!(client.get(readyz).send(), newest);
            match ready.map_err(away)?.status() {
                StatusCode::OK => Ok(newest?.watchdog),
                status => Err(AlertLoggerError::NotReady(status)),
            }
        };
        self.checks.get((), fetch).await
    }

    /// Returns a page of its history.
    ///
    /// # Errors
    /// It is away, fails, or answers something else.
    pub async fn page(&self, query: Query) -> Result<Arc<Page>, AlertLoggerError> {
        let fetch = fetch(self.client.clone(), self.alerts.clone(), query.clone());
        self.pages
            .get(query, || async { fetch.await.map(Arc::new) })
            .await
    }
}

fn away(error: reqwest::Error) -> AlertLoggerError {
    AlertLoggerError::Away(describe(error))
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
        .map_err(away)?;
    if response.status() != StatusCode::OK {
        return Err(AlertLoggerError::Failing(response.status()));
    }
    let read = read_response(response, MAX_BYTES, page).await?;
    read.map_err(|error| AlertLoggerError::Malformed(shortened(error)))
}

impl From<ResponseError> for AlertLoggerError {
    fn from(error: ResponseError) -> Self {
        match error {
            ResponseError::Interrupted(error) => away(error),
            ResponseError::Cancelled => Self::Cancelled(Cancelled),
            error @ ResponseError::TooLarge(_) => Self::Malformed(error.to_string()),
        }
    }
}
