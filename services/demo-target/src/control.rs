//! Endpoints that list, set and clear faults.

use std::collections::BTreeMap;

use axum::body::Body;
use axum::extract::{Extension, Path, State};
use axum::http::StatusCode;
use axum::routing::{get, put};
use axum::{Json, Router};
use serde::Serialize;
use service_kit::{Problem, RequestBodies};

use crate::BODY_MAX_BYTES;
use crate::fault::{Fault, FaultError, Faults, Name};

pub(crate) fn router(faults: Faults) -> Router {
    Router::new()
        .route("/faults", get(list).delete(clear_all))
        .route("/faults/{name}", put(set).delete(clear))
        .with_state(faults)
}

#[derive(Serialize)]
struct FaultList {
    faults: BTreeMap<Name, Fault>,
}

async fn list(State(faults): State<Faults>) -> Json<FaultList> {
    Json(FaultList {
        faults: faults.all(),
    })
}

/// Sets a fault. Ignores the content type, because `curl -d` sends JSON as a form.
async fn set(
    State(faults): State<Faults>,
    Path(name): Path<Name>,
    Extension(bodies): Extension<RequestBodies>,
    body: Body,
) -> Result<Json<Fault>, Problem> {
    let body = bodies.read(body, BODY_MAX_BYTES).await?;
    let fault = Fault::from_json(&body).map_err(|error| problem(&error))?;
    tracing::info!(?name, ?fault, "fault set");
    faults.set(name, fault);
    Ok(Json(fault))
}

fn problem(error: &FaultError) -> Problem {
    let status = match error {
        FaultError::Json(error) if !error.is_data() => StatusCode::BAD_REQUEST,
        _ => StatusCode::UNPROCESSABLE_ENTITY,
    };
    Problem::new(
        status,
        format!(r#"{error}; example: {{"kind":"status","status":503}}"#),
    )
}

async fn clear(State(faults): State<Faults>, Path(name): Path<Name>) -> StatusCode {
    faults.clear(&name);
    tracing::info!(?name, "fault cleared");
    StatusCode::NO_CONTENT
}

async fn clear_all(State(faults): State<Faults>) -> StatusCode {
    faults.clear_all();
    tracing::info!("all faults cleared");
    StatusCode::NO_CONTENT
}
