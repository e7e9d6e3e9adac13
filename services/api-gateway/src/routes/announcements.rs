//! `GET /api/v1/announcements`: announcements of the people who run the lab.

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::response::Response;
use gateway_api::announcements::Announcements;
use service_kit::Problem;

use super::answer::tagged;
use super::parameters::Parameters;
use crate::Gateway;

/// The active and planned announcements, and those that ended in the last 14 days. Without a folder of announcements the
/// list is empty.
#[utoipa::path(
    get,
    path = "/api/v1/announcements",
    tag = "incidents",
    responses((status = 200, description = "Announcements, newest first", body = Announcements))
)]
pub(super) async fn announcements(
    State(gateway): State<Arc<Gateway>>,
    RawQuery(query): RawQuery,
    request: HeaderMap,
) -> Result<Response, Problem> {
    Parameters::read(query.as_deref(), &[])?;
    Ok(tagged(&request, &gateway.announcements())?)
}
