//! `GET /targets`: the targets that are watched.

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::response::Response;
use gateway_api::target::{TargetEntry, Targets};
use service_kit::Problem;

use super::answer::{blind, json, to_json};
use super::parameters::Parameters;
use crate::Gateway;
use crate::live::catalog::Listed;

impl From<Listed> for TargetEntry {
    fn from(listed: Listed) -> Self {
        Self {
            target: listed.name.to_string(),
            url: listed.url,
            kind: listed.kind,
        }
    }
}

/// The targets that are watched, in the order of the configuration. A gateway without a list of its own asks the agents.
#[utoipa::path(
    get,
    path = "/targets",
    responses(
        (status = 200, description = "The targets", body = Targets),
        (status = 502, description = "There is no list of targets and no agent has answered for 30 s", body = Problem,
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
            if let Some(reason) = observation.uncounted() {
                return Err(blind(reason));
            }
            listing.targets(&observation)
        }
    };
    let targets = listed.into_iter().map(TargetEntry::from).collect();
    Ok(json(to_json(&Targets { targets })?))
}
