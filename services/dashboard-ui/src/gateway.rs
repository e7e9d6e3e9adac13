//! Asking api-gateway.

pub(crate) mod detail;
#[cfg(test)]
pub(crate) mod fixture;
pub(crate) mod history;
pub(crate) mod incident;
pub(crate) mod status;
pub(crate) mod stream;
pub(crate) mod view;

use std::io::Read;
use std::time::Duration;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use service_kit::{AnswerError, AnswerText, ClientError, read_answer};
use url::Url;

use crate::text::{cut, visible};

/// Past this, the page is rendered without an answer.
const TIMEOUT: Duration = Duration::from_secs(3);

/// Past this, figures of the past are missing. Prometheus may take a while for those of thousands of targets.
const LONG_TIMEOUT: Duration = Duration::from_secs(15);

/// 1,000 targets with 90 slots and long names; past it, whoever answers is not the gateway.
const BODY_MAX_BYTES: usize = 32 * 1024 * 1024;

/// An error says less.
const PROBLEM_MAX_BYTES: usize = 64 * 1024;

/// The targets of one answer, and its incidents.
pub(crate) const PAGE_MAX: usize = 1000;

/// Answers about all targets; more than the lab is made for.
const PAGES_MAX: usize = 50;

/// What is shown of a reason that the gateway gives, in characters.
const DETAIL_MAX_CHARS: usize = 200;

/// api-gateway, as the page reads it.
#[derive(Debug, Clone)]
pub(crate) struct Gateway {
    client: reqwest::Client,
    base: Url,
    timeout: Duration,
}

/// Why there is no answer. Reads on after "api-gateway".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum GatewayError {
    #[error("cannot be reached")]
    Unreachable,
    #[error("did not answer in time")]
    Timeout,
    #[error("answered with status {status}{}", detail.as_ref().map_or_else(String::new, |it| format!(": {it}")))]
    Status { status: u16, detail: Option<String> },
    #[error("answered something that cannot be read")]
    Malformed,
}

impl GatewayError {
    /// Whether the gateway was not set up to know it, which it says among its sources.
    pub(crate) fn is_not_configured(&self) -> bool {
        matches!(self, Self::Status { status: 501, .. })
    }
}

/// An answer that comes in parts.
pub(crate) trait Paged {
    /// Where the next part begins.
    fn next(&self) -> Option<&str>;
    fn append(&mut self, next: Self);
}

impl Gateway {
    pub(crate) fn new(base: &Url) -> Result<Self, ClientError> {
        Ok(Self {
            client: service_kit::http_client([base], TIMEOUT)?,
            base: base.clone(),
            timeout: TIMEOUT,
        })
    }

    /// The same for figures that nobody waits for.
    pub(crate) fn patient(self) -> Self {
        Self {
            timeout: LONG_TIMEOUT,
            ..self
        }
    }

    /// An address below `/api/v1`.
    fn url(&self, path: &[&str], query: &[(&str, &str)]) -> Url {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(["api", "v1"]).extend(path);
        }
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        url
    }

    /// What the gateway answers, as it is.
    pub(crate) async fn body(
        &self,
        path: &[&str],
        query: &[(&str, &str)],
    ) -> Result<Vec<u8>, GatewayError> {
        let whole = |mut text: AnswerText| {
            let mut body = Vec::new();
            text.read_to_end(&mut body).map(|_| body)
        };
        let body = self.read(path, query, whole).await?;
        body.map_err(|_| GatewayError::Unreachable)
    }

    pub(crate) async fn get<T: DeserializeOwned + Send + 'static>(
        &self,
        path: &[&str],
        query: &[(&str, &str)],
    ) -> Result<T, GatewayError> {
        let answer = self.read(path, query, serde_json::from_reader).await?;
        answer.map_err(|error| {
            tracing::warn!(%error, ?path, "api-gateway's answer cannot be read");
            GatewayError::Malformed
        })
    }

    async fn read<T: Send + 'static>(
        &self,
        path: &[&str],
        query: &[(&str, &str)],
        parse: impl FnOnce(AnswerText) -> T + Send + 'static,
    ) -> Result<T, GatewayError> {
        let request = self.client.get(self.url(path, query));
        let response = request.timeout(self.timeout).send().await?;
        let response = accepted(response).await?;
        Ok(read_answer(response, BODY_MAX_BYTES, parse).await?)
    }

    /// An answer about all targets, all its parts in one.
    pub(crate) async fn all<T: DeserializeOwned + Paged + Send + 'static>(
        &self,
        path: &[&str],
        query: &[(&str, &str)],
    ) -> Result<T, GatewayError> {
        let mut all: T = self.get(path, query).await?;
        for _ in 1..PAGES_MAX {
            let Some(next) = all.next().map(ToOwned::to_owned) else {
                break;
            };
            let mut query = query.to_vec();
            query.push(("after", &next));
            all.append(self.get(path, &query).await?);
        }
        Ok(all)
    }
}

/// The answer, where it is one; else why not, in the gateway's own words.
async fn accepted(response: reqwest::Response) -> Result<reqwest::Response, GatewayError> {
    #[derive(Deserialize)]
    struct Problem {
        detail: String,
    }
    let status = response.status();
    if status == reqwest::StatusCode::OK {
        return Ok(response);
    }
    let problem = read_answer(response, PROBLEM_MAX_BYTES, serde_json::from_reader).await;
    let problem = problem.ok().and_then(Result::ok);
    Err(GatewayError::Status {
        status: status.as_u16(),
        detail: problem.map(|Problem { detail }| {
            cut(&visible(&cut(&detail, DETAIL_MAX_CHARS)), DETAIL_MAX_CHARS)
        }),
    })
}

impl From<AnswerError> for GatewayError {
    fn from(error: AnswerError) -> Self {
        match error {
            AnswerError::BrokenOff(error) => error.into(),
            AnswerError::GivenUp => Self::Timeout,
            AnswerError::TooLarge(limit) => {
                tracing::warn!(limit, "api-gateway's answer is too long");
                Self::Malformed
            }
        }
    }
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
            "api-gateway {kind}"
        );
        kind
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_asked_for_below_the_gateways_own_path() {
        for (base, url) in [
            ("http://gateway:8080", "http://gateway:8080/api/v1/status"),
            ("http://gateway/lab/", "http://gateway/lab/api/v1/status"),
            ("http://gateway/lab", "http://gateway/lab/api/v1/status"),
        ] {
            let gateway = Gateway::new(&base.parse().unwrap()).unwrap();
            assert_eq!(gateway.url(&["status"], &[]).as_str(), url);
        }
    }

    #[test]
    fn any_name_is_one_segment_of_the_address() {
        let gateway = Gateway::new(&"http://gateway".parse().unwrap()).unwrap();
        for (name, path) in [
            ("a b/c?d#e", "/api/v1/targets/a%20b%2Fc%3Fd%23e"),
            (
                "https://example.org/",
                "/api/v1/targets/https:%2F%2Fexample.org%2F",
            ),
            ("50%", "/api/v1/targets/50%25"),
        ] {
            assert_eq!(gateway.url(&["targets", name], &[]).path(), path);
        }
    }
    #[test]
    fn a_small_text_does_not_become_a_large_answer() {
        use super::history::{ByTarget, SLOTS, Slots};
        let read = |targets: usize, slots: usize| {
            let target = serde_json::json!({"target": "a", "coverage": vec![(); slots]});
            let answer = serde_json::json!({"targets": vec![target; targets], "next": null});
            serde_json::from_value::<ByTarget<Slots>>(answer).map(|answer| answer.targets.len())
        };
        assert_eq!(read(PAGE_MAX, SLOTS).unwrap(), PAGE_MAX);
        assert!(read(PAGE_MAX + 1, 0).is_err());
        assert!(read(1, SLOTS + 1).is_err());
    }
}
