//! `GET /api/v1/maintenance`: past, open and planned maintenance windows.

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use gateway_api::maintenance::Maintenance;
use service_kit::Problem;
use utoipa::IntoParams;

use super::answer::{RenderError, tagged};
use super::parameters::Parameters;
use crate::Gateway;

/// The longest `target` parameter, in characters: as long as a name may be.
const TARGET_MAX_CHARS: usize = 256;

/// The filter of maintenance windows.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct MaintenanceQuery {
    /// Only windows of this target.
    #[param(max_length = 256)]
    target: Option<String>,
}

/// Past, open and planned maintenance windows from the targets' file.
#[utoipa::path(
    get,
    path = "/api/v1/maintenance",
    params(MaintenanceQuery),
    responses(
        (status = 200, description = "Maintenance windows", body = Maintenance),
        (status = 501, description = "No targets are configured", body = Problem,
         content_type = "application/problem+json"),
    )
)]
pub(super) async fn maintenance(
    State(gateway): State<Arc<Gateway>>,
    RawQuery(query): RawQuery,
    request: HeaderMap,
) -> Result<Response, Problem> {
    let parameters = Parameters::read(query.as_deref(), &[&["target"]])?;
    let query = MaintenanceQuery {
        target: parameters.text("target", TARGET_MAX_CHARS)?,
    };
    let maintenance = gateway.maintenance(query.target.as_deref()).await;
    let maintenance = maintenance.map_err(RenderError::from)?;
    let maintenance = maintenance.ok_or_else(|| {
        Problem::new(
            StatusCode::NOT_IMPLEMENTED,
            "this endpoint needs the targets' file, which is not configured; set PING_TARGETS_FILE",
        )
    })?;
    Ok(tagged(&request, &*maintenance)?)
}
