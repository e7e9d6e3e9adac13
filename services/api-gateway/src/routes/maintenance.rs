//! `GET /api/v1/maintenance`: maintenance windows, past, open and planned.

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

/// Longest target, in characters: as long as a name may be.
const TARGET_MAX_CHARS: usize = 256;

/// The target whose windows are wanted.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct MaintenanceQuery {
    /// Only those of this target.
    #[param(max_length = 256)]
    target: Option<String>,
}

/// Maintenance windows, from the targets' configuration.
#[utoipa::path(
    get,
    path = "/api/v1/maintenance",
    params(MaintenanceQuery),
    responses(
        (status = 200, description = "Maintenance windows", body = Maintenance),
        (status = 501, description = "The gateway knows no configuration of targets", body = Problem,
         content_type = "application/problem+json"),
    )
)]
pub(super) async fn maintenance(
    State(gateway): State<Arc<Gateway>>,
    RawQuery(query): RawQuery,
    request: HeaderMap,
) -> Result<Response, Problem> {
    let parameters = Parameters::read(query.as_deref(), &[&["target"]])?;
    let wanted = MaintenanceQuery {
        target: parameters.text("target", TARGET_MAX_CHARS)?,
    };
    let maintenance = gateway.maintenance(wanted.target.as_deref()).await;
    let maintenance = maintenance.map_err(RenderError::from)?;
    let maintenance = maintenance.ok_or_else(|| {
        Problem::new(
            StatusCode::NOT_IMPLEMENTED,
            "maintenance windows come from the targets' file, and none is configured; set PING_TARGETS_FILE",
        )
    })?;
    Ok(tagged(&request, &*maintenance)?)
}
