//! `GET /openapi.json`: the description of the endpoints, generated from their code.

use std::sync::Arc;

use axum::response::Response;
use axum::{Extension, Router};
use bytes::Bytes;
use utoipa::OpenApi;
use utoipa::openapi::{ContentBuilder, Ref, ResponseBuilder};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::answer::{json, to_json};
use super::{status, summary, targets, windowed};
use crate::Gateway;

/// The description's head; paths and schemas come from the routes.
#[derive(OpenApi)]
#[openapi(info(
    title = "UptimePulse api-gateway",
    description = "Availability of targets, now and over a window. Every error is RFC 9457 problem details."
))]
struct Head;

/// The description, written once.
#[derive(Clone)]
struct Document(Bytes);

/// The routes and their description.
pub(super) fn documented(gateway: Arc<Gateway>) -> Router {
    let (router, mut description) = OpenApiRouter::with_openapi(Head::openapi())
        .routes(routes!(targets::targets))
        .routes(routes!(summary::summary))
        .routes(routes!(windowed::windowed))
        .routes(routes!(status::status))
        .routes(routes!(openapi))
        .with_state(gateway)
        .split_for_parts();
    describe_other_errors(&mut description);
    let document = Document(to_json(&description).unwrap_or_default());
    router.layer(Extension(document))
}

/// What any endpoint may answer beside its own: 405 for another method, 500 should it fail.
fn describe_other_errors(description: &mut utoipa::openapi::OpenApi) {
    let problem = ContentBuilder::new()
        .schema(Some(Ref::from_schema_name("Problem")))
        .build();
    let response = ResponseBuilder::new()
        .description("Any other error")
        .content("application/problem+json", problem)
        .build();
    for path in description.paths.paths.values_mut() {
        if let Some(operation) = &mut path.get {
            let responses = &mut operation.responses.responses;
            responses.insert("default".to_owned(), response.clone().into());
        }
    }
}

/// This description.
#[utoipa::path(
    get,
    path = "/openapi.json",
    responses((status = 200, description = "An OpenAPI 3.1 document", body = Object))
)]
async fn openapi(Extension(Document(document)): Extension<Document>) -> Response {
    json(document)
}
