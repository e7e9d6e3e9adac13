//! JSON responses and their errors.

use std::fmt::Display;
use std::hash::{DefaultHasher, Hasher};

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde::Serialize;
use service_kit::Problem;
use service_kit::cache::Cancelled;
use tokio::task::JoinError;

use crate::Gateway;
use crate::sources::alert_logger::AlertLogger;
use crate::sources::prometheus::Prometheus;

/// Creates a response with a JSON body that caches must not store, because it shows the current state.
pub(super) fn json(body: Bytes) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "application/json"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    (headers, body).into_response()
}

/// Serializes a JSON body.
pub(super) fn to_json(value: &impl Serialize) -> Result<Bytes, RenderError> {
    Ok(serde_json::to_vec(value)?.into())
}

/// Creates a JSON response with an ETag, or 304 if the request has the same tag. The tag does not depend on
/// `generated_at`, if that is the first field.
pub(super) fn tagged(
    request: &HeaderMap,
    answer: &impl Serialize,
) -> Result<Response, RenderError> {
    let body = serde_json::to_vec(answer)?;
    let mut hasher = DefaultHasher::new();
    hasher.write(without_time(&body));
    let tag = format!("W/\"{:016x}\"", hasher.finish());
    let headers = [
        (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
        (header::ETAG, HeaderValue::try_from(&tag)?),
    ];
    if matches_tag(request, &tag) {
        return Ok((StatusCode::NOT_MODIFIED, headers).into_response());
    }
    let json = [(header::CONTENT_TYPE, "application/json")];
    Ok((headers, json, body).into_response())
}

fn without_time(body: &[u8]) -> &[u8] {
    let time = body.strip_prefix(b"{\"generated_at\":\"");
    let content = time.and_then(|time| {
        let end = time.iter().position(|byte| *byte == b'"')?;
        time.get(end..)
    });
    content.unwrap_or(body)
}

/// Returns whether the request's `If-None-Match` contains the tag.
fn matches_tag(request: &HeaderMap, tag: &str) -> bool {
    let tags = request.get_all(header::IF_NONE_MATCH).into_iter();
    tags.filter_map(|tags| tags.to_str().ok())
        .flat_map(|tags| tags.split(','))
        .map(str::trim)
        // An exact comparison is enough: proxies that compress make strong tags weak, and this tag is already weak.
        .any(|other| other == "*" || other == tag)
}

/// The reason why a body could not be rendered.
#[derive(Debug, thiserror::Error)]
pub(super) enum RenderError {
    #[error("the answer cannot be serialized as JSON: {0}")]
    Json(#[from] serde_json::Error),
    #[error("the answer's ETag is not a valid header: {0}")]
    Tag(#[from] header::InvalidHeaderValue),
    #[error("rendering the answer failed: {0}")]
    Render(#[from] JoinError),
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
}

impl From<RenderError> for Problem {
    fn from(error: RenderError) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, error.to_string())
    }
}

/// Returns the client of Prometheus for an endpoint without another source.
pub(super) fn prometheus(gateway: &Gateway) -> Result<&Prometheus, Problem> {
    gateway.sources.prometheus.as_ref().ok_or_else(|| {
        Problem::new(
            StatusCode::NOT_IMPLEMENTED,
            "this endpoint needs Prometheus, which is not configured; set PROMETHEUS_URL",
        )
    })
}

/// Returns the client of alert-logger for an endpoint without another source.
pub(super) fn alert_logger(gateway: &Gateway) -> Result<&AlertLogger, Problem> {
    gateway.sources.alert_logger.as_ref().ok_or_else(|| {
        Problem::new(
            StatusCode::NOT_IMPLEMENTED,
            "this endpoint needs alert-logger, which is not configured; set ALERT_LOGGER_URL",
        )
    })
}

/// Creates the error for an endpoint whose only source fails.
pub(super) fn bad_gateway(error: impl Display) -> Problem {
    Problem::new(StatusCode::BAD_GATEWAY, error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Serialize)]
    struct Answer<'a> {
        generated_at: jiff::Timestamp,
        content: &'a str,
    }

    #[test]
    fn a_tag_depends_on_the_content_without_its_time() {
        let answer = |has: &[&'static str], second, content: &str| {
            let mut request = HeaderMap::new();
            for tag in has {
                request.append(header::IF_NONE_MATCH, HeaderValue::from_static(tag));
            }
            let generated_at = jiff::Timestamp::from_second(second).unwrap();
            tagged(
                &request,
                &Answer {
                    generated_at,
                    content,
                },
            )
            .unwrap()
        };
        let first = answer(&[], 1, "a");
        let tag = |response: &Response| {
            response.headers()[header::ETAG]
                .to_str()
                .unwrap()
                .to_owned()
        };
        assert_eq!(tag(&first), tag(&answer(&[], 2, "a")));
        assert_ne!(tag(&first), tag(&answer(&[], 1, "b")));
        let same: &'static str = tag(&first).leak();
        let both: &'static str = format!("\"x\" , {same}").leak();
        for has in [&[same][..], &["*"], &[both], &["\"x\"", same]] {
            let again = answer(has, 2, "a");
            assert_eq!(again.status(), StatusCode::NOT_MODIFIED, "{has:?}");
            assert_eq!(tag(&again), tag(&first));
        }
        assert_eq!(answer(&["\"x\""], 2, "a").status(), StatusCode::OK);
        assert_eq!(answer(&[same], 2, "b").status(), StatusCode::OK);
    }
}
