//! `GET /openapi.json`: the OpenAPI description of the endpoints, generated from their code.

use std::sync::Arc;

use axum::extract::RawQuery;
use axum::response::Response;
use axum::{Extension, Router};
use bytes::Bytes;
use gateway_api::slo::BUDGET_WINDOW;
use service_kit::Problem;
use utoipa::OpenApi;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::path::Operation;
use utoipa::openapi::{ContentBuilder, Object, Ref, RefOr, ResponseBuilder, Schema, Type};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::answer::{json, to_json};
use super::parameters::Parameters;
use super::{
    by_target, events, incidents, maintenance, status, summary, target, targets, windowed,
};
use crate::Gateway;
use crate::window::Retention;

/// The title of the OpenAPI document. Its paths and schemas come from the routes.
#[derive(OpenApi)]
#[openapi(info(
    title = "UptimePulse api-gateway",
    description = "Availability of targets, now and over time. Every error is RFC 9457 problem details."
))]
struct Head;

/// The serialized OpenAPI document.
#[derive(Clone)]
struct Document(Bytes);

/// Creates the routes and their OpenAPI document.
pub(super) fn documented(gateway: Arc<Gateway>) -> Router {
    let retention = gateway.retention.clone();
    let (router, mut description) = OpenApiRouter::with_openapi(Head::openapi())
        .routes(routes!(targets::targets))
        .routes(routes!(summary::summary))
        .routes(routes!(windowed::windowed))
        .routes(routes!(status::status))
        .routes(routes!(by_target::slo))
        .routes(routes!(by_target::history))
        .routes(routes!(by_target::latency))
        .routes(routes!(by_target::phases))
        .routes(routes!(incidents::alerts))
        .routes(routes!(incidents::incidents))
        .routes(routes!(maintenance::maintenance))
        .routes(routes!(target::target))
        .routes(routes!(events::events))
        .routes(routes!(openapi))
        .with_state(gateway)
        .split_for_parts();
    for (path, item) in &mut description.paths.paths {
        if let Some(operation) = &mut item.get {
            describe_errors(operation);
            describe_retention(operation, &retention);
            if path.starts_with("/api/v1/") && path != "/api/v1/events" {
                describe_tag(operation);
            }
        }
    }
    let document = Document(to_json(&description).unwrap_or_default());
    router.layer(Extension(document))
}

/// Adds the errors of every endpoint: 400 for an invalid query, and a default for others such as 405 and 500.
fn describe_errors(operation: &mut Operation) {
    let responses = &mut operation.responses.responses;
    for (status, description) in [
        ("400", "A parameter is unknown, repeated, or not allowed"),
        ("default", "Any other error"),
    ] {
        let problem = ContentBuilder::new()
            .schema(Some(Ref::from_schema_name("Problem")))
            .build();
        let response = ResponseBuilder::new()
            .description(description)
            .content("application/problem+json", problem);
        responses
            .entry(status.to_owned())
            .or_insert_with(|| response.build().into());
    }
}

/// Describes the ranges and windows that the retention allows. The pattern matches only windows up to the shortest
/// retention, so it is omitted for a longer one.
fn describe_retention(operation: &mut Operation, retention: &Retention) {
    for parameter in operation.parameters.iter_mut().flatten() {
        if let RefOr::T(parameter) = parameter
            && let Some(RefOr::T(Schema::Object(schema))) = &mut parameter.schema
        {
            match &*parameter.name {
                "range" => {
                    let names = retention.ranges().map(|(name, _)| name.into());
                    schema.enum_values = Some(names.collect());
                }
                "window" if retention.to_string() != BUDGET_WINDOW => schema.pattern = None,
                _ => {}
            }
        }
    }
}

/// Adds the ETag and the 304 response of the endpoints under `/api/v1`, except the event stream.
fn describe_tag(operation: &mut Operation) {
    let tag = HeaderBuilder::new()
        .schema(Some(Object::with_type(Type::String)))
        .description(Some(
            "For If-None-Match; unchanged while only generated_at changes",
        ))
        .build();
    let responses = &mut operation.responses.responses;
    if let Some(RefOr::T(response)) = responses.get_mut("200") {
        response
            .headers
            .insert("ETag".to_owned(), tag.clone().into());
    }
    let unchanged = ResponseBuilder::new()
        .description("The answer has not changed since If-None-Match")
        .header("ETag", tag);
    responses.insert("304".to_owned(), unchanged.build().into());
}

/// This OpenAPI document.
#[utoipa::path(
    get,
    path = "/openapi.json",
    responses((status = 200, description = "An OpenAPI 3.1 document", body = Object))
)]
async fn openapi(
    RawQuery(query): RawQuery,
    Extension(Document(document)): Extension<Document>,
) -> Result<Response, Problem> {
    Parameters::read(query.as_deref(), &[])?;
    Ok(json(document))
}
