//! Endpoints for programs: the status as JSON, incidents as a feed.

use askama::Template;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use service_kit::Problem;

use super::Shared;
use crate::gateway::GatewayError;
use crate::live::dashboard::Parameters;
use crate::page::feed::Feed;

/// The parameters that are forwarded to the gateway; others are ignored.
const FORWARDED: [&str; 5] = ["after", "group", "limit", "search", "state"];

/// `GET /status.json`: api-gateway's `/api/v1/status`, for programs that reach only dashboard-ui.
pub(super) async fn status(
    State(shared): State<Shared>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let query = query.unwrap_or_default();
    let parameters: Parameters = url::form_urlencoded::parse(query.as_bytes())
        .filter_map(|(name, value)| {
            let name = FORWARDED.into_iter().find(|it| *it == name)?;
            Some((name, value.into_owned()))
        })
        .collect();
    let body = shared.dashboard.status(parameters).await.map_err(problem)?;
    let headers = [
        (header::CONTENT_TYPE, "application/json"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    Ok((headers, body).into_response())
}

/// `GET /feed.atom`
pub(super) async fn feed(
    State(shared): State<Shared>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let incidents = shared
        .dashboard
        .incidents(Parameters::new())
        .await
        .map_err(problem)?;
    let host = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok());
    let started = shared.dashboard.started;
    let xml = Feed::new(host.unwrap_or_default(), &incidents.incidents, started)
        .render()
        .map_err(|error| Problem::new(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()))?;
    let headers = [
        (header::CONTENT_TYPE, "application/atom+xml; charset=utf-8"),
        (header::CACHE_CONTROL, "public, max-age=60"),
    ];
    Ok((headers, xml).into_response())
}

/// Forwards a status of 4xx from the gateway. Any other error is a 502.
fn problem(error: GatewayError) -> Problem {
    let status = match &error {
        GatewayError::Status { status, .. } if (400..500).contains(status) => {
            StatusCode::from_u16(*status).unwrap_or(StatusCode::BAD_GATEWAY)
        }
        _ => StatusCode::BAD_GATEWAY,
    };
    Problem::new(status, format!("api-gateway {error}"))
}
