//! `GET /uptime-summary`: availability since the agents started.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use serde::{Serialize, Serializer};
use service_kit::Problem;
use utoipa::ToSchema;

use super::answer::{blind, json, to_json};
use crate::Gateway;
use crate::agents::Observation;
use crate::availability::{Counts, whole};
use crate::catalog::{Listed, Listing};

/// Availability by target and in total.
#[derive(Debug, Serialize, ToSchema)]
pub struct Summary {
    /// In the order of the configuration.
    pub targets: Vec<TargetSummary>,
    /// All targets together.
    pub total: Figures,
    /// The agents that did not answer, by place or URL: what only they see is missing.
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

/// Counts of probes and what they come to.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Figures {
    /// Probes that succeeded.
    #[serde(serialize_with = "count")]
    #[schema(minimum = 0, example = 1999)]
    pub success: f64,
    /// Probes that failed.
    #[serde(serialize_with = "count")]
    #[schema(minimum = 0, example = 1)]
    pub failures: f64,
    /// The availability with two decimals, cut, not rounded: `100.00%` means that no probe failed. Null without data.
    #[schema(
        required = true,
        example = "99.95%",
        pattern = r"^(100\.00|[0-9]{1,2}\.[0-9]{2})%$"
    )]
    pub availability: Option<String>,
    /// The availability in percent. Null without data.
    #[schema(required = true, minimum = 0, maximum = 100, example = 99.95)]
    pub availability_percent: Option<f64>,
}

impl From<Counts> for Figures {
    fn from(counts: Counts) -> Self {
        Self {
            success: counts.success,
            failures: counts.failures,
            availability: counts.text(),
            availability_percent: counts.percent(),
        }
    }
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
        (status = 502, description = "No agent answers", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn summary(State(gateway): State<Arc<Gateway>>) -> Result<Response, Problem> {
    let observation = gateway.agents.observe().await;
    if let Some(reason) = observation.blind() {
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
            let counts = |target: &str| observation.counts(target);
            to_json(&Summary::new(listed, counts, observation.partial()))
        });
    Ok(json(body.await?))
}

/// Whole numbers are written as such, `20` and not `20.0`.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
fn count<S: Serializer>(count: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    match whole(*count) {
        Some(whole) => serializer.serialize_u64(whole),
        None => serializer.serialize_f64(*count),
    }
}
