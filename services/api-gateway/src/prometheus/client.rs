//! The questions the gateway has, each kept for a moment.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use service_kit::ClientError;
use url::Url;

use super::api::Api;
use super::budgets::{self, Budgets};
use super::grid::{Grid, Reader};
use super::history::{self, History};
use super::latency;
use super::model::Sample;
use super::phases::{self, Phases};
use super::proof::{self, Proof};
use super::{QueryError, Window};
use crate::cache::SingleFlight;
use crate::outcomes::Outcomes;
use crate::range::Range;

/// The windows that are kept. Anyone can ask for any, and at 10,000 targets each answer takes a megabyte.
const WINDOWS: usize = 32;

/// How long a proof is good for.
const PROOF_FOR: Duration = Duration::from_secs(1);

/// How long a history is kept: its slots are 16 minutes and more.
const HISTORY_FOR: Duration = Duration::from_secs(30);

/// Mean duration of the probes that got a response, over the last 5 minutes, in seconds.
const LATENCY: &str = "sum by (target) (rate(ping_latency_seconds_sum[5m])) \
     / sum by (target) (rate(ping_latency_seconds_count[5m]))";

/// How patient a query is.
#[derive(Debug, Clone, Copy)]
pub struct Policy {
    /// For everything, retries included.
    pub deadline: Duration,
    /// How often a query is asked again when Prometheus is away or fails.
    pub retries: u32,
    /// The least pause before the first retry; it doubles with each, and up to as much again is added at random.
    pub backoff: Duration,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            deadline: Duration::from_secs(5),
            retries: 2,
            backoff: Duration::from_millis(100),
        }
    }
}

/// A Prometheus server.
#[derive(Debug)]
pub struct Prometheus {
    api: Arc<Api>,
    proof: SingleFlight<(), Proof, QueryError>,
    counts: Arc<SingleFlight<Window, Arc<WindowCounts>, QueryError>>,
    latency: SingleFlight<(), Arc<ByTarget>, QueryError>,
    budgets: SingleFlight<(), Arc<Budgets>, QueryError>,
    phases: SingleFlight<(), Arc<Phases>, QueryError>,
    histories: SingleFlight<Range, Arc<History>, QueryError>,
    history_reader: Arc<Reader>,
    latencies: SingleFlight<Range, Arc<Grid>, QueryError>,
    latency_reader: Arc<Reader>,
}

/// A value by target.
pub type ByTarget = HashMap<Arc<str>, f64>;

/// Probes by target. A target without data is not in it; an outcome that is absent counts 0.
pub type WindowCounts = HashMap<Arc<str>, Outcomes>;

impl Prometheus {
    /// `base` is `PROMETHEUS_URL`, with or without a path prefix; answers are kept for `lifetime`, histories for 30 s at
    /// least. With a lifetime of zero nothing is.
    ///
    /// # Errors
    /// The HTTP client can't be built.
    pub fn new(base: &Url, lifetime: Duration, policy: Policy) -> Result<Self, ClientError> {
        let keep = !lifetime.is_zero();
        let history_for = if keep {
            lifetime.max(HISTORY_FOR)
        } else {
            lifetime
        };
        Ok(Self {
            api: Arc::new(Api::new(base, policy)?),
            proof: SingleFlight::new(PROOF_FOR, 1),
            counts: Arc::new(SingleFlight::new(lifetime, WINDOWS)),
            latency: SingleFlight::new(lifetime, 1),
            budgets: SingleFlight::new(lifetime, 1).refresh_ahead(),
            phases: SingleFlight::new(lifetime, 1).refresh_ahead(),
            histories: SingleFlight::new(history_for, Range::ALL.len()).refresh_ahead(),
            history_reader: Arc::new(history::reader(keep)),
            latencies: SingleFlight::new(history_for, Range::ALL.len()).refresh_ahead(),
            latency_reader: Arc::new(latency::reader(keep)),
        })
    }

    /// What it proves to have stored and evaluated.
    ///
    /// # Errors
    /// It does not answer.
    pub async fn proof(&self) -> Result<Proof, QueryError> {
        let api = Arc::clone(&self.api);
        let fetch = || async move { proof::fetch(&api).await };
        self.proof.get((), fetch).await
    }

    /// The probes of each target in the window that ends now.
    ///
    /// # Errors
    /// Prometheus is away, fails, or answers something else.
    pub async fn counts(&self, window: Window) -> Result<Arc<WindowCounts>, QueryError> {
        counts(&self.counts, &self.api, window).await
    }

    /// The mean latency of each target over the last 5 minutes, in seconds. A target without responses is not in it.
    ///
    /// # Errors
    /// Prometheus is away, fails, or answers something else.
    pub async fn latency(&self) -> Result<Arc<ByTarget>, QueryError> {
        let api = Arc::clone(&self.api);
        let fetch = || async move {
            let samples = api.instant(LATENCY, Timestamp::now()).await?;
            let values = samples
                .into_iter()
                .filter_map(|sample| Some((sample.labels.target?.into(), sample.value)));
            Ok(Arc::new(values.collect()))
        };
        self.latency.get((), fetch).await
    }

    /// What is recorded of the targets' objectives. A target without data is not in it.
    ///
    /// # Errors
    /// Prometheus is away, fails, or answers something else.
    pub async fn budgets(&self) -> Result<Arc<Budgets>, QueryError> {
        let api = Arc::clone(&self.api);
        let fetch = || async move { budgets::fetch(&api).await.map(Arc::new) };
        self.budgets.get((), fetch).await
    }

    /// What probes spent their time on, and what they failed for, over the last 5 minutes.
    ///
    /// # Errors
    /// Prometheus is away, fails, or answers something else.
    pub async fn phases(&self) -> Result<Arc<Phases>, QueryError> {
        let api = Arc::clone(&self.api);
        let fetch = || async move { phases::fetch(&api).await.map(Arc::new) };
        self.phases.get((), fetch).await
    }

    /// The probes of each target by slot.
    ///
    /// # Errors
    /// Prometheus is away, fails, or answers something else.
    pub async fn history(&self, range: Range) -> Result<Arc<History>, QueryError> {
        let api = Arc::clone(&self.api);
        let reader = Arc::clone(&self.history_reader);
        let cache = Arc::clone(&self.counts);
        let fetch = || async move {
            // The numbers of the whole range are those of `/uptime-summary-windowed`.
            let counts = counts(&cache, &api, range.window());
            history::fetch(&api, &reader, counts, range)
                .await
                .map(Arc::new)
        };
        self.histories.get(range, fetch).await
    }

    /// How long responses took, by slot: the columns [`super::P50`] and [`super::P95`].
    ///
    /// # Errors
    /// Prometheus is away, fails, or answers something else.
    pub async fn latencies(&self, range: Range) -> Result<Arc<Grid>, QueryError> {
        let api = Arc::clone(&self.api);
        let reader = Arc::clone(&self.latency_reader);
        let fetch = || async move { reader.read(&api, range).await };
        self.latencies.get(range, fetch).await
    }
}

async fn counts(
    cache: &SingleFlight<Window, Arc<WindowCounts>, QueryError>,
    api: &Arc<Api>,
    window: Window,
) -> Result<Arc<WindowCounts>, QueryError> {
    let promql = window.promql();
    let api = Arc::clone(api);
    let fetch = || async move {
        let samples = api.instant(&promql, Timestamp::now()).await?;
        Ok(Arc::new(by_outcome(samples)))
    };
    cache.get(window, fetch).await
}

fn by_outcome(samples: Vec<Sample>) -> WindowCounts {
    let mut counts = WindowCounts::new();
    for Sample { labels, value } in samples {
        if let (Some(target), Some(outcome)) = (labels.target, labels.outcome) {
            let outcomes = counts.entry(target.into()).or_default();
            outcomes.add(&outcome, value);
        }
    }
    counts
}
