//! Whether alert-logger answers.

use std::time::Duration;

use reqwest::{Client, StatusCode};
use service_kit::{ClientError, http_client};
use url::Url;

use crate::cache::{Cancelled, SingleFlight};
use crate::http_error::describe;

const DEADLINE: Duration = Duration::from_secs(1);
const LIFETIME: Duration = Duration::from_secs(2);

/// The alert-logger of the configuration.
#[derive(Debug)]
pub struct AlertLogger {
    client: Client,
    readyz: Url,
    ready: SingleFlight<(), (), AlertLoggerError>,
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
        let mut readyz = base.clone();
        let prefix = base.path().trim_end_matches('/');
        readyz.set_path(&format!("{prefix}/readyz"));
        Ok(Self {
            client: http_client(DEADLINE)?,
            readyz,
            ready: SingleFlight::new(LIFETIME, 1),
        })
    }

    /// Asks whether it is ready.
    ///
    /// # Errors
    /// It is not.
    pub async fn ready(&self) -> Result<(), AlertLoggerError> {
        let request = self.client.get(self.readyz.clone());
        let fetch = || async move {
            let response = request.send().await;
            let response = response.map_err(|error| AlertLoggerError::Away(describe(error)))?;
            match response.status() {
                StatusCode::OK => Ok(()),
                status => Err(AlertLoggerError::NotReady(status)),
            }
        };
        self.ready.get((), fetch).await
    }
}
