//! `GET /uptime-summary`: availability since the agents started.

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::response::Response;
use gateway_api::availability::{Counts, Summary, TargetSummary};
use service_kit::Problem;

use super::answer::{bad_gateway, json, to_json};
use super::parameters::Parameters;
use crate::Gateway;
use crate::live::catalog::{ListedTarget, Listing};
use crate::sources::agents::Observation;

/// Returns the summary of the listed targets. `counts` returns the counts of a target by its name.
pub(super) fn summarize(
    listed: Vec<ListedTarget>,
    counts: impl Fn(&str) -> Counts,
    partial: Vec<String>,
) -> Summary {
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
    Summary {
        targets,
        total: total.into(),
        partial,
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
    let observation = gateway.sources.agents.observe().await;
    if let Some(reason) = observation.no_counts_reason() {
        return Err(bad_gateway(reason));
    }
    let listing = gateway.catalog.listing();
    let source = (listing.clone(), observation);
    let good_enough = |(listed, observation): &(Listing, Observation)| {
        *listed == listing && gateway.sources.agents.is_current(observation)
    };
    let body = gateway
        .summary
        .get(source, good_enough, |(listing, observation)| {
            let listed = listing.targets(observation);
            let counts = |target: &str| observation.last_counts(target);
            to_json(&summarize(listed, counts, observation.partial()))
        });
    Ok(json(body.await?))
}
