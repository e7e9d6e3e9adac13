//! The client of api-gateway, and the state of the lab that it fetches.

#[cfg(test)]
pub(crate) mod fixture;
pub(crate) mod stream;
pub(crate) mod view;

use std::io::Read;
use std::time::Duration;

use gateway_api::history::{HistoryAnswer, LatencyAnswer};
use gateway_api::slo::Slo;
use gateway_api::status::Status;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use service_kit::cache::Cancelled;
use service_kit::event_log::LAST_EVENT_ID;
use service_kit::{ClientError, ResponseError, ResponseText, read_response};
use url::Url;

use crate::text::{cut, visible};

/// The timeout of a request. After it, a page is rendered without the response.
const TIMEOUT: Duration = Duration::from_secs(3);

/// The timeout of a request for history, which takes Prometheus longer for thousands of targets.
const LONG_TIMEOUT: Duration = Duration::from_secs(15);

/// The largest response: 1,000 targets with 90 slots and long names.
const BODY_MAX_BYTES: usize = 32 * 1024 * 1024;

/// The largest error response.
const PROBLEM_MAX_BYTES: usize = 64 * 1024;

/// The maximum number of pages that are fetched of a response about all targets: more than the lab supports.
const PAGES_MAX: usize = 50;

/// The maximum length of the gateway's error message on a page, in characters.
const DETAIL_MAX_CHARS: usize = 200;

/// The client of api-gateway.
#[derive(Debug, Clone)]
pub(crate) struct Gateway {
    client: reqwest::Client,
    base: Url,
    timeout: Duration,
}

/// The reason why there is no response, worded to follow "api-gateway".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum GatewayError {
    #[error("cannot be reached")]
    Unreachable,
    #[error("did not answer in time")]
    Timeout,
    #[error("answered with status {status}{}", detail.as_ref().map_or_else(String::new, |it| format!(": {it}")))]
    Status { status: u16, detail: Option<String> },
    #[error("sent a response that cannot be parsed")]
    Malformed,
}

impl GatewayError {
    /// Returns whether the gateway has no source for the request. Its list of sources shows that, too.
    pub(crate) fn is_not_configured(&self) -> bool {
        matches!(self, Self::Status { status: 501, .. })
    }
}

/// A response about all targets, which is fetched page by page.
pub(crate) trait Paged {
    /// The cursor of the next page.
    fn next(&self) -> Option<&str>;
    fn append(&mut self, page: Self);
}

macro_rules! paged {
    ($($answer:ty),*) => {$(
        impl Paged for $answer {
            fn next(&self) -> Option<&str> {
                self.next.as_deref()
            }

            fn append(&mut self, page: Self) {
                self.targets.extend(page.targets);
                self.next = page.next;
            }
        }
    )*};
}

paged!(Status, HistoryAnswer, LatencyAnswer, Slo);

/// The state of all targets, and the position in the event stream that it corresponds to.
#[derive(Debug)]
pub(crate) struct FetchedStatus {
    pub status: Status,
    /// The id of the last event that the status includes, if the gateway sent one.
    pub last_event_id: Option<String>,
}

impl Gateway {
    pub(crate) fn new(base: &Url) -> Result<Self, ClientError> {
        Ok(Self {
            client: service_kit::http_client([base], TIMEOUT)?,
            base: base.clone(),
            timeout: TIMEOUT,
        })
    }

    /// Returns the same client with a longer timeout, for figures that no reader waits for.
    pub(crate) fn with_long_timeout(self) -> Self {
        Self {
            timeout: LONG_TIMEOUT,
            ..self
        }
    }

    /// Returns the URL of a path below `/api/v1`.
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

    /// Fetches a response as bytes.
    pub(crate) async fn body(
        &self,
        path: &[&str],
        query: &[(&str, &str)],
    ) -> Result<Vec<u8>, GatewayError> {
        let whole = |mut text: ResponseText| {
            let mut body = Vec::new();
            text.read_to_end(&mut body).map(|_| body)
        };
        let response = self.request(path, query).await?;
        let body = read_response(response, BODY_MAX_BYTES, whole).await?;
        body.map_err(|_| GatewayError::Unreachable)
    }

    /// Fetches and parses a response.
    pub(crate) async fn get<T: DeserializeOwned + Send + 'static>(
        &self,
        path: &[&str],
        query: &[(&str, &str)],
    ) -> Result<T, GatewayError> {
        parsed(self.request(path, query).await?).await
    }

    /// Fetches all pages of a response about all targets.
    pub(crate) async fn get_all<T: DeserializeOwned + Paged + Send + 'static>(
        &self,
        path: &[&str],
        query: &[(&str, &str)],
    ) -> Result<T, GatewayError> {
        let first = self.get(path, query).await?;
        self.get_rest(path, query, first).await
    }

    /// Fetches the state of all targets.
    pub(crate) async fn status(&self) -> Result<FetchedStatus, GatewayError> {
        let response = self.request(&["status"], &[]).await?;
        let id = response.headers().get(LAST_EVENT_ID);
        let last_event_id = id.and_then(|id| id.to_str().ok()).map(ToOwned::to_owned);
        let first = parsed(response).await?;
        Ok(FetchedStatus {
            status: self.get_rest(&["status"], &[], first).await?,
            last_event_id,
        })
    }

    async fn request(
        &self,
        path: &[&str],
        query: &[(&str, &str)],
    ) -> Result<reqwest::Response, GatewayError> {
        let request = self.client.get(self.url(path, query));
        accepted(request.timeout(self.timeout).send().await?).await
    }

    async fn get_rest<T: DeserializeOwned + Paged + Send + 'static>(
        &self,
        path: &[&str],
        query: &[(&str, &str)],
        mut all: T,
    ) -> Result<T, GatewayError> {
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

/// Parses the JSON of a response.
async fn parsed<T: DeserializeOwned + Send + 'static>(
    response: reqwest::Response,
) -> Result<T, GatewayError> {
    let path = response.url().path().to_owned();
    let answer = read_response(response, BODY_MAX_BYTES, serde_json::from_reader).await?;
    answer.map_err(|error| {
        tracing::warn!(%error, path, "api-gateway's response cannot be parsed");
        GatewayError::Malformed
    })
}

/// Returns the response if its status is 200, otherwise an error with the gateway's message.
async fn accepted(response: reqwest::Response) -> Result<reqwest::Response, GatewayError> {
    #[derive(Deserialize)]
    struct Problem {
        detail: String,
    }
    let status = response.status();
    if status == reqwest::StatusCode::OK {
        return Ok(response);
    }
    let problem = read_response(response, PROBLEM_MAX_BYTES, serde_json::from_reader).await;
    let problem = problem.ok().and_then(Result::ok);
    Err(GatewayError::Status {
        status: status.as_u16(),
        detail: problem.map(|Problem { detail }| {
            cut(&visible(&cut(&detail, DETAIL_MAX_CHARS)), DETAIL_MAX_CHARS)
        }),
    })
}

impl From<Cancelled> for GatewayError {
    fn from(_: Cancelled) -> Self {
        Self::Timeout
    }
}

impl From<ResponseError> for GatewayError {
    fn from(error: ResponseError) -> Self {
        match error {
            ResponseError::Interrupted(error) => error.into(),
            ResponseError::Cancelled => Self::Timeout,
            ResponseError::TooLarge(limit) => {
                tracing::warn!(limit, "api-gateway's response is too large");
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
        // The URL may contain a password.
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
    use gateway_api::PAGE_MAX;
    use gateway_api::history::SLOTS;

    use super::*;

    #[test]
    fn urls_are_below_the_gateways_base_path() {
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
    fn any_name_is_one_path_segment() {
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
    fn a_response_with_too_many_targets_or_slots_is_rejected() {
        let read = |targets: usize, slots: usize| {
            let mut answer = fixture::history(&["a"]);
            answer.targets[0].coverage = vec![0.0; slots];
            answer.targets = vec![answer.targets[0].clone(); targets];
            let text = serde_json::to_string(&answer).unwrap();
            serde_json::from_str::<HistoryAnswer>(&text).map(|answer| answer.targets.len())
        };
        assert_eq!(read(PAGE_MAX, SLOTS).unwrap(), PAGE_MAX);
        assert!(read(PAGE_MAX + 1, 0).is_err());
        assert!(read(1, SLOTS + 1).is_err());
    }

    #[test]
    fn pages_are_joined_in_their_order() {
        let mut all = fixture::history(&["a"]);
        all.next = Some("a".to_owned());
        all.append(fixture::history(&["b"]));
        let names: Vec<&str> = all.targets.iter().map(|it| &*it.target).collect();
        assert_eq!((names, all.next()), (vec!["a", "b"], None));
    }
}
