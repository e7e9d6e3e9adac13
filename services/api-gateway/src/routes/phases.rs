//! `GET /api/v1/phases`: what probes spent their time on, and what they failed for.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::response::Response;
use jiff::Timestamp;
use serde::{Serialize, Serializer};
use service_kit::Problem;
use targets::Phase;
use utoipa::ToSchema;

use super::answer::{bad_gateway, prometheus, tagged};
use super::list::Filter;
use super::parameters::Parameters;
use crate::Gateway;
use crate::figures::Count;
use crate::prometheus::TargetPhases;

/// Phases and reasons.
#[derive(Debug, Serialize, ToSchema)]
pub struct PhasesAnswer {
    /// When this answer was made.
    #[schema(value_type = String, format = DateTime)]
    pub generated_at: Timestamp,
    /// `after` of the next page; null on the last.
    #[schema(required = true)]
    pub next: Option<String>,
    /// Those that match, in the order of the configuration.
    pub targets: Vec<TargetPhasesAnswer>,
}

/// One target's phases and reasons, over the last 5 minutes.
#[derive(Debug, Serialize, ToSchema)]
pub struct TargetPhasesAnswer {
    /// Its name.
    #[schema(value_type = String)]
    pub target: Arc<str>,
    /// What its probes spent their time on.
    pub phases: PhaseSeconds,
    /// How many failed for which reason. Reasons for which none failed are left out.
    #[serde(serialize_with = "reasons")]
    pub reasons: BTreeMap<String, f64>,
}

/// Mean seconds of each phase; null where no probe went through it.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct PhaseSeconds {
    /// Looking the name up.
    #[schema(required = true, minimum = 0)]
    pub dns: Option<f64>,
    /// Making the connection.
    #[schema(required = true, minimum = 0)]
    pub connect: Option<f64>,
    /// The TLS handshake.
    #[schema(required = true, minimum = 0)]
    pub tls: Option<f64>,
    /// From the request to the first byte of the response.
    #[schema(required = true, minimum = 0)]
    pub first_byte: Option<f64>,
    /// From there to the last.
    #[schema(required = true, minimum = 0)]
    pub transfer: Option<f64>,
}

impl From<[Option<f64>; Phase::ALL.len()]> for PhaseSeconds {
    fn from([dns, connect, tls, first_byte, transfer]: [Option<f64>; Phase::ALL.len()]) -> Self {
        Self {
            dns,
            connect,
            tls,
            first_byte,
            transfer,
        }
    }
}

impl TargetPhasesAnswer {
    /// That of one target.
    pub(super) fn new(target: &Arc<str>, phases: Option<&TargetPhases>) -> Self {
        let phases = phases.cloned().unwrap_or_default();
        Self {
            target: Arc::clone(target),
            phases: phases.durations.into(),
            reasons: phases.reasons,
        }
    }
}

/// What probes spent their time on, and what they failed for, over the last 5 minutes.
#[utoipa::path(
    get,
    path = "/api/v1/phases",
    params(Filter),
    responses(
        (status = 200, description = "Phases and reasons by target", body = PhasesAnswer),
        (status = 501, description = "The gateway knows no Prometheus", body = Problem,
         content_type = "application/problem+json"),
        (status = 502, description = "Prometheus is away or fails", body = Problem,
         content_type = "application/problem+json"),
    )
)]
pub(super) async fn phases(
    State(gateway): State<Arc<Gateway>>,
    RawQuery(query): RawQuery,
    request: HeaderMap,
) -> Result<Response, Problem> {
    let parameters = Parameters::read(query.as_deref(), &[Filter::PARAMETERS])?;
    let filter = Filter::read(&parameters)?;
    let prometheus = prometheus(&gateway)?;
    let (phases, board) = tokio::join!(prometheus.phases(), gateway.board());
    let phases = phases.map_err(bad_gateway)?;
    let page = filter.page(&board.targets);
    let targets = page.targets.iter();
    let answer = PhasesAnswer {
        generated_at: board.at,
        next: page.next,
        targets: targets
            .map(|it| TargetPhasesAnswer::new(&it.target, phases.get(&it.target)))
            .collect(),
    };
    Ok(tagged(&request, &answer)?)
}

pub(super) fn reasons<S: Serializer>(
    reasons: &BTreeMap<String, f64>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_map(
        reasons
            .iter()
            .map(|(reason, count)| (reason, Count(*count))),
    )
}
