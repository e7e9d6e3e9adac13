//! Answers as JSON.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde::Serialize;
use service_kit::Problem;
use tokio::task::JoinError;

/// A JSON body that is made already. Nothing may keep it: it says what is true now.
pub(super) fn json(body: Bytes) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "application/json"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    (headers, body).into_response()
}

/// The bytes of a JSON body.
pub(super) fn to_json(value: &impl Serialize) -> Result<Bytes, RenderError> {
    Ok(serde_json::to_vec(value)?.into())
}

/// A body that could not be made.
#[derive(Debug, thiserror::Error)]
pub(super) enum RenderError {
    #[error("the answer cannot be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
    #[error("the answer was given up: {0}")]
    GivenUp(#[from] JoinError),
}

impl From<RenderError> for Problem {
    fn from(error: RenderError) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, error.to_string())
    }
}

/// No agent answers, and nobody else knows what is true now.
pub(super) fn blind(reason: String) -> Problem {
    Problem::new(StatusCode::BAD_GATEWAY, reason)
}
