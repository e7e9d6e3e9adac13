//! `GET /api/v1/targets/{target}`: everything about one target.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Deserialize;

use super::history::{Latency, Slo, Slots};
use super::incident::{Incident, Maintenance};
use super::status::{Source, Target};

/// A part is none where its source is away; `sources` says which.
#[derive(Debug, Deserialize)]
pub(crate) struct Detail {
    pub target: Target,
    #[serde(default)]
    pub sources: Vec<Source>,
    pub slo: Option<Slo>,
    pub history: Option<Timed<Slots>>,
    pub latency: Option<Timed<Latency>>,
    pub phases: Option<Phases>,
    /// How many probes of the last 5 minutes failed for which reason.
    pub reasons: Option<BTreeMap<String, f64>>,
    pub incidents: Option<Vec<Incident>>,
    pub maintenance: Option<Maintenance>,
}

/// Slots, and when they are.
#[derive(Debug, Deserialize)]
pub(crate) struct Timed<T> {
    pub start: Option<Timestamp>,
    pub slot_seconds: Option<f64>,
    #[serde(flatten)]
    pub of: T,
}

/// How long each phase of a probe took: the mean of 5 minutes, in seconds.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Phases {
    pub dns: Option<f64>,
    pub connect: Option<f64>,
    pub tls: Option<f64>,
    pub first_byte: Option<f64>,
    pub transfer: Option<f64>,
}
