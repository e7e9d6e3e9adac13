//! `GET /targets`: the monitored targets.

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::response::Response;
use gateway_api::target::{TargetEntry, Targets};
use service_kit::Problem;

use super::answer::{bad_gateway, json, to_json};
use super::parameters::Parameters;
use crate::Gateway;
use crate::live::catalog::ListedTarget;

impl From<ListedTarget> for TargetEntry {
    fn from(listed: ListedTarget) -> Self {
        Self {
            target: listed.name.to_string(),
            url: listed.url,
            kind: listed.kind,
        }
    }
}

/// The monitored targets, in the order of the configuration. Without configured targets, those of the agents.
#[utoipa::path(
    get,
    path = "/targets",
    responses(
        (status = 200, description = "The targets", body = Targets),
        (status = 502, description = "No targets are configured, and no agent has answered for 30 s", body = Problem,
         content_type = "application/problem+json"),
    )
)]
pub(super) async fn targets(
    State(gateway): State<Arc<Gateway>>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    Parameters::read(query.as_deref(), &[])?;
    let listing = gateway.catalog.listing();
    let listed = match listing.configured() {
        Some(listed) => listed,
        None => {
            let observation = gateway.sources.agents.observe().await;
            if let Some(reason) = observation.no_counts_reason() {
                return Err(bad_gateway(reason));
            }
            listing.targets(&observation)
        }
    };
    let targets = listed.into_iter().map(TargetEntry::from).collect();
    Ok(json(to_json(&Targets { targets })?))
}
