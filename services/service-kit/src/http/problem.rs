//! Errors as RFC 9457 problem details.

use std::borrow::Cow;

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures::StreamExt;
use serde::{Deserialize, Serialize};

const CONTENT_TYPE: HeaderValue = HeaderValue::from_static("application/problem+json");

/// The maximum length of a framework's error text that becomes the detail.
const DETAIL_MAX_BYTES: usize = 4096;

/// An error as RFC 9457 problem details, `application/problem+json`. The type is always `about:blank`: status and title
/// name the kind of problem, and the detail says what is wrong and what to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Problem {
    /// A URI that identifies the kind of problem; `about:blank` means that the status identifies it.
    #[serde(rename = "type")]
    kind: Cow<'static, str>,
    /// The status in words.
    title: Cow<'static, str>,
    /// The HTTP status code.
    #[schema(minimum = 400, maximum = 599)]
    status: u16,
    /// The error in this request, and what to do.
    detail: String,
    /// The value of the header `Retry-After`, in seconds.
    #[serde(skip)]
    retry_after: Option<u32>,
}

impl Problem {
    /// Creates a problem from its status and its detail.
    #[must_use]
    pub fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self {
            kind: Cow::Borrowed("about:blank"),
            title: Cow::Borrowed(status.canonical_reason().unwrap_or("Error")),
            status: status.as_u16(),
            detail: detail.into(),
            retry_after: None,
        }
    }

    /// Asks the client to retry after `seconds`.
    #[must_use]
    pub fn retry_after(self, seconds: u32) -> Self {
        Self {
            retry_after: Some(seconds),
            ..self
        }
    }

    /// Returns whether the request was rejected because of its size.
    pub(super) fn is_too_large(&self) -> bool {
        self.status == StatusCode::PAYLOAD_TOO_LARGE.as_u16()
    }

    /// Returns the detail: the error, and what to do.
    #[must_use]
    pub fn detail(&self) -> &str {
        &self.detail
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::to_vec(&self).unwrap_or_default();
        let mut response = (status, [(header::CONTENT_TYPE, CONTENT_TYPE)], body).into_response();
        if let Some(seconds) = self.retry_after {
            let headers = response.headers_mut();
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        response
    }
}

/// Turns the framework's own errors (no such route, method not allowed, malformed query, body too large), which are empty
/// or plain text, into problem details. Keeps their headers, such as `Allow`.
pub(crate) async fn as_problem(response: Response) -> Response {
    let status = response.status();
    let plain = response
        .headers()
        .get(header::CONTENT_TYPE)
        .is_none_or(|content_type| content_type.as_bytes().starts_with(b"text/plain"));
    if !(plain && (status.is_client_error() || status.is_server_error())) {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let mut detail = read_detail(body).await;
    if detail.is_empty() {
        detail = match status {
            StatusCode::NOT_FOUND => "no such endpoint".to_owned(),
            StatusCode::METHOD_NOT_ALLOWED => {
                "method not allowed; the header Allow lists the methods of this endpoint".to_owned()
            }
            _ => status.canonical_reason().unwrap_or("error").to_owned(),
        };
    }
    let problem = Problem::new(status, detail).into_response();
    parts.headers.remove(header::CONTENT_LENGTH);
    parts.headers.insert(header::CONTENT_TYPE, CONTENT_TYPE);
    Response::from_parts(parts, problem.into_body())
}

async fn read_detail(body: Body) -> String {
    let mut bytes = Vec::new();
    let mut chunks = body.into_data_stream();
    while let Some(Ok(chunk)) = chunks.next().await {
        bytes.extend_from_slice(&chunk);
        if bytes.len() >= DETAIL_MAX_BYTES {
            bytes.truncate(DETAIL_MAX_BYTES);
            break;
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
