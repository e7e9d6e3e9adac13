//! `GET /targets`: what is watched.

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::response::Response;
use serde::Serialize;
use service_kit::Problem;
use utoipa::ToSchema;

use super::answer::{blind, json, to_json};
use super::parameters::Parameters;
use crate::Gateway;
use crate::catalog::Listed;

/// What is watched.
#[derive(Debug, Serialize, ToSchema)]
pub struct Targets {
    /// In the order of the configuration.
    pub targets: Vec<TargetEntry>,
}

/// One target.
#[derive(Debug, Serialize, ToSchema)]
pub struct TargetEntry {
    /// Its name: the `target` label of its metrics.
    pub target: String,
    /// Its URL, a password replaced by `xxxxx`.
    pub url: String,
    /// How it is probed.
    #[schema(example = "https")]
    pub kind: String,
}

impl From<Listed> for TargetEntry {
    fn from(listed: Listed) -> Self {
        Self {
            target: listed.name.to_string(),
            url: listed.url,
            kind: listed.kind,
        }
    }
}

/// What is watched, in the order of the configuration. A gateway without a list of its own asks the agents.
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
            let observation = gateway.agents.observe().await;
            if let Some(reason) = observation.uncounted() {
                return Err(blind(reason));
            }
            listing.targets(&observation)
        }
    };
    let targets = listed.into_iter().map(TargetEntry::from).collect();
    Ok(json(to_json(&Targets { targets })?))
}
