//! Asking api-gateway.

use std::time::Duration;

use service_kit::ClientError;
use url::Url;

use crate::status::Status;

/// Past this, the page is rendered without an answer.
const TIMEOUT: Duration = Duration::from_secs(3);

/// More than 10,000 targets with long names; past it, whoever answers is not the gateway.
const BODY_MAX_BYTES: usize = 32 * 1024 * 1024;

/// api-gateway, as the page reads it.
#[derive(Debug)]
pub(crate) struct Gateway {
    client: reqwest::Client,
    url: Url,
}

/// Why there is no status. Reads on after "api-gateway".
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum GatewayError {
    #[error("cannot be reached")]
    Unreachable,
    #[error("did not answer within {} s", TIMEOUT.as_secs())]
    Timeout,
    #[error("answered with status {0}")]
    Status(u16),
    #[error("answered something that is not a status")]
    Malformed,
}

impl Gateway {
    pub(crate) fn new(base: &Url) -> Result<Self, ClientError> {
        let mut url = base.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(["api", "v1", "status"]);
        }
        Ok(Self {
            client: service_kit::http_client(TIMEOUT)?,
            url,
        })
    }

    pub(crate) async fn status(&self) -> Result<Status, GatewayError> {
        let response = self.client.get(self.url.clone()).send().await?;
        if response.status() != reqwest::StatusCode::OK {
            return Err(GatewayError::Status(response.status().as_u16()));
        }
        let body = read(response).await?;
        serde_json::from_slice(&body).map_err(|error| {
            tracing::warn!(%error, "api-gateway's status cannot be read");
            GatewayError::Malformed
        })
    }
}

async fn read(mut response: reqwest::Response) -> Result<Vec<u8>, GatewayError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        body.extend_from_slice(&chunk);
        if body.len() > BODY_MAX_BYTES {
            tracing::warn!(limit = BODY_MAX_BYTES, "api-gateway's status is too long");
            return Err(GatewayError::Malformed);
        }
    }
    Ok(body)
}

impl From<reqwest::Error> for GatewayError {
    fn from(error: reqwest::Error) -> Self {
        let kind = if error.is_timeout() {
            Self::Timeout
        } else {
            Self::Unreachable
        };
        // The URL may hold a password.
        let error = error.without_url();
        tracing::debug!(
            error = &error as &dyn std::error::Error,
            "api-gateway: {kind}"
        );
        kind
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_status_is_asked_for_below_the_gateways_own_path() {
        for (base, url) in [
            ("http://gateway:8080", "http://gateway:8080/api/v1/status"),
            ("http://gateway/lab/", "http://gateway/lab/api/v1/status"),
            ("http://gateway/lab", "http://gateway/lab/api/v1/status"),
        ] {
            let gateway = Gateway::new(&base.parse().unwrap()).unwrap();
            assert_eq!(gateway.url.as_str(), url);
        }
    }
}
