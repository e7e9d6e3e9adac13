//! Answers as JSON.

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

/// A response with a JSON body. No cache may keep it: it is about now.
pub(super) fn json(body: Bytes) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "application/json"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    (headers, body).into_response()
}

/// Writes a JSON body.
pub(super) fn to_json(value: &impl Serialize) -> Result<Bytes, RenderError> {
    Ok(serde_json::to_vec(value)?.into())
}

/// An answer with an ETag for its content, or 304 where the request names the same tag. The time at which it was made,
/// `generated_at`, is not part of the content where it is written first.
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
    if has(request, &tag) {
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

/// Returns whether a request's `If-None-Match` names this tag.
fn has(request: &HeaderMap, tag: &str) -> bool {
    let tags = request.get_all(header::IF_NONE_MATCH).into_iter();
    tags.filter_map(|tags| tags.to_str().ok())
        .flat_map(|tags| tags.split(','))
        .map(str::trim)
        // Proxies that compress make a weak tag of a strong one, never the other way.
        .any(|other| other == "*" || other == tag)
}

/// Why a body could not be made.
#[derive(Debug, thiserror::Error)]
pub(super) enum RenderError {
    #[error("the answer cannot be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
    #[error("the answer's tag cannot be written: {0}")]
    Tag(#[from] header::InvalidHeaderValue),
    #[error("the answer was given up: {0}")]
    GivenUp(#[from] JoinError),
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
}

impl From<RenderError> for Problem {
    fn from(error: RenderError) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, error.to_string())
    }
}

/// Returns Prometheus for an answer that has no other source.
pub(super) fn prometheus(gateway: &Gateway) -> Result<&Prometheus, Problem> {
    gateway.sources.prometheus.as_ref().ok_or_else(|| {
        Problem::new(
            StatusCode::NOT_IMPLEMENTED,
            "such answers come from Prometheus, and none is configured; set PROMETHEUS_URL",
        )
    })
}

/// Returns alert-logger for an answer that has no other source.
pub(super) fn alert_logger(gateway: &Gateway) -> Result<&AlertLogger, Problem> {
    gateway.sources.alert_logger.as_ref().ok_or_else(|| {
        Problem::new(
            StatusCode::NOT_IMPLEMENTED,
            "such answers come from alert-logger, and none is configured; set ALERT_LOGGER_URL",
        )
    })
}

/// The only source of an answer fails.
pub(super) fn bad_gateway(error: impl Display) -> Problem {
    Problem::new(StatusCode::BAD_GATEWAY, error.to_string())
}

/// No agent answers, and no other source knows the state of now.
pub(super) fn blind(reason: String) -> Problem {
    bad_gateway(reason)
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
    fn a_tag_is_that_of_the_content_and_not_of_its_time() {
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
        let known: &'static str = tag(&first).leak();
        let both: &'static str = format!("\"x\" , {known}").leak();
        for has in [&[known][..], &["*"], &[both], &["\"x\"", known]] {
            let again = answer(has, 2, "a");
            assert_eq!(again.status(), StatusCode::NOT_MODIFIED, "{has:?}");
            assert_eq!(tag(&again), tag(&first));
        }
        assert_eq!(answer(&["\"x\""], 2, "a").status(), StatusCode::OK);
        assert_eq!(answer(&[known], 2, "b").status(), StatusCode::OK);
    }
}
