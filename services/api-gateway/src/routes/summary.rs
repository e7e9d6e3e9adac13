//! `GET /uptime-summary`: availability since the agents started.

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::response::Response;
use serde::Serialize;
use service_kit::Problem;
use utoipa::ToSchema;

use super::answer::{blind, json, to_json};
use super::parameters::Parameters;
use crate::Gateway;
use crate::agents::Observation;
use crate::availability::Counts;
use crate::catalog::{Listed, Listing};
use crate::figures::Figures;

/// Availability by target and in total.
#[derive(Debug, Serialize, ToSchema)]
pub struct Summary {
    /// In the order of the configuration.
    pub targets: Vec<TargetSummary>,
    /// All targets together.
    pub total: Figures,
    /// The agents that did not answer, by place or URL: their counts are the last ones, and after 30 s they are missing.
    pub partial: Vec<String>,
}

/// The availability of one target.
#[derive(Debug, Serialize, ToSchema)]
pub struct TargetSummary {
    /// Its name: the `target` label of its metrics.
    pub target: String,
    /// Its URL, a password replaced by `xxxxx`.
    pub url: String,
    /// Its figures.
    #[serde(flatten)]
    pub figures: Figures,
}

impl Summary {
    /// The summary of the targets listed, each with the counts that `counts` gives for its name.
    pub fn new(listed: Vec<Listed>, counts: impl Fn(&str) -> Counts, partial: Vec<String>) -> Self {
        let mut total = Counts::default();
        let targets = listed
            .into_iter()
            .map(|listed| {
                let counts = counts(&listed.name);
                total += counts;
                TargetSummary {
                    target: listed.name.to_string(),
                    url: listed.url,
                    figures: counts.into(),
                }
            })
            .collect();
        Self {
            targets,
            total: total.into(),
            partial,
        }
    }
}

/// Availability since the agents started, from their counters.
#[utoipa::path(
    get,
    path = "/uptime-summary",
    responses(
        (status = 200, description = "Availability by target and in total", body = Summary),
        (status = 502, description = "No agent has answered for 30 s", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn summary(
    State(gateway): State<Arc<Gateway>>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    Parameters::read(query.as_deref(), &[])?;
    let observation = gateway.agents.observe().await;
    if let Some(reason) = observation.uncounted() {
        return Err(blind(reason));
    }
    let listing = gateway.catalog.listing();
    let source = (listing.clone(), observation);
    let good_enough = |(listed, observation): &(Listing, Observation)| {
        *listed == listing && gateway.agents.is_current(observation)
    };
    let body = gateway
        .summary
        .get(source, good_enough, |(listing, observation)| {
            let listed = listing.targets(observation);
            let counts = |target: &str| observation.last_counts(target);
            to_json(&Summary::new(listed, counts, observation.partial()))
        });
    Ok(json(body.await?))
}
