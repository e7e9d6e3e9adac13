//! The client of Prometheus: the gateway's queries with cached answers.

use std::sync::Arc;
use std::time::Duration;

use gateway_api::history::Range;
use jiff::Timestamp;
use service_kit::cache::SingleFlight;
use service_kit::{ClientError, Limits};
use url::Url;

use super::api::Api;
use super::budgets::{self, Budgets};
use super::grid::{Grid, Reader};
use super::history::{self, History};
use super::lanes::Lane;
use super::latency;
use super::model::{ByTarget, WindowCounts};
use super::phases::{self, Phases};
use super::proof::{self, Proof};
use super::query::{Policy, QueryError};
use super::slots;
use crate::window::{Window, shared};

/// The number of cached answers for custom windows. It is bounded because clients can request any window, and with 10,000
/// targets each answer takes a megabyte.
const CUSTOM_WINDOWS: usize = 16;

/// The lifetime of a cached proof.
const PROOF_LIFETIME: Duration = Duration::from_secs(1);

/// The shortest lifetime of a cached history. Its slots have at least 16 minutes.
const HISTORY_LIFETIME: Duration = Duration::from_secs(30);

/// The mean latency of responses over the last 5 minutes, in seconds.
const LATENCY: &str = "sum by (target) (rate(ping_latency_seconds_sum[5m])) \
     / sum by (target) (rate(ping_latency_seconds_count[5m]))";

/// The client of a Prometheus server.
#[derive(Debug)]
pub struct Prometheus {
    api: Arc<Api>,
    proof: SingleFlight<(), Proof, QueryError>,
    counts: Arc<Counts>,
    latency: SingleFlight<(), Arc<ByTarget>, QueryError>,
    budgets: SingleFlight<(), Arc<Budgets>, QueryError>,
    phases: SingleFlight<(), Arc<Phases>, QueryError>,
    histories: SingleFlight<Range, Arc<History>, QueryError>,
    history_reader: Arc<Reader>,
    latencies: SingleFlight<Range, Arc<Grid>, QueryError>,
    latency_reader: Arc<Reader>,
}

/// Cached counts of probes by window. Custom windows have their own cache, so that they do not evict the shared windows.
#[derive(Debug)]
struct Counts {
    shared: SingleFlight<Window, Arc<WindowCounts>, QueryError>,
    custom: SingleFlight<Window, Arc<WindowCounts>, QueryError>,
}

impl Prometheus {
    /// Creates a client. `base` is `PROMETHEUS_URL`, with or without a path prefix. Answers are cached for `lifetime`,
    /// histories for at least 30 s; a lifetime of zero disables all caches except that of the proof.
    ///
    /// # Errors
    /// The HTTP client can't be built.
    pub fn new(
        base: &Url,
        lifetime: Duration,
        policy: Policy,
        limits: &Limits,
    ) -> Result<Self, ClientError> {
        let cache = !lifetime.is_zero();
        let history_lifetime = if cache {
            lifetime.max(HISTORY_LIFETIME)
        } else {
            lifetime
        };
        Ok(Self {
            api: Arc::new(Api::new(base, policy, limits)?),
            proof: SingleFlight::new(PROOF_LIFETIME, 1),
            counts: Arc::new(Counts {
                shared: SingleFlight::new(lifetime, shared().count()),
                custom: SingleFlight::new(lifetime, CUSTOM_WINDOWS),
            }),
            latency: SingleFlight::new(lifetime, 1),
            budgets: SingleFlight::new(lifetime, 1).refresh_ahead(),
            phases: SingleFlight::new(lifetime, 1).refresh_ahead(),
            histories: SingleFlight::new(history_lifetime, Range::ALL.len()).refresh_ahead(),
            history_reader: Arc::new(history::reader(cache)),
            latencies: SingleFlight::new(history_lifetime, Range::ALL.len()).refresh_ahead(),
            latency_reader: Arc::new(latency::reader(cache)),
        })
    }

    /// Returns the proof that Prometheus stores samples and evaluates its rules.
    ///
    /// # Errors
    /// Prometheus is unavailable or fails, or its answer is malformed.
    pub async fn proof(&self) -> Result<Proof, QueryError> {
        let api = Arc::clone(&self.api);
        let fetch = || async move { proof::fetch(&api).await };
        self.proof.get((), fetch).await
    }

    /// Returns each target's probes in the window that ends now.
    ///
    /// # Errors
    /// Prometheus is unavailable or fails, or its answer is malformed.
    pub async fn counts(&self, window: Window) -> Result<Arc<WindowCounts>, QueryError> {
        self.counts.get(&self.api, window).await
    }

    /// Returns each target's mean latency over the last 5 minutes, in seconds. Omits targets without responses.
    ///
    /// # Errors
    /// Prometheus is unavailable or fails, or its answer is malformed.
    pub async fn latency(&self) -> Result<Arc<ByTarget>, QueryError> {
        let api = Arc::clone(&self.api);
        let fetch = || async move {
            let latency = api.instant_in(Lane::Status, LATENCY, Timestamp::now());
            latency.await.map(Arc::new)
        };
        self.latency.get((), fetch).await
    }

    /// Returns the recorded figures of the targets' objectives. Omits targets without data.
    ///
    /// # Errors
    /// Prometheus is unavailable or fails, or its answer is malformed.
    pub async fn budgets(&self) -> Result<Arc<Budgets>, QueryError> {
        let api = Arc::clone(&self.api);
        let fetch = || async move { budgets::fetch(&api).await.map(Arc::new) };
        self.budgets.get((), fetch).await
    }

    /// Returns mean durations of phases, and failures by reason, over the last 5 minutes.
    ///
    /// # Errors
    /// Prometheus is unavailable or fails, or its answer is malformed.
    pub async fn phases(&self) -> Result<Arc<Phases>, QueryError> {
        let api = Arc::clone(&self.api);
        let fetch = || async move { phases::fetch(&api).await.map(Arc::new) };
        self.phases.get((), fetch).await
    }

    /// Returns each target's probes by slot.
    ///
    /// # Errors
    /// Prometheus is unavailable or fails, or its answer is malformed.
    pub async fn history(&self, range: Range) -> Result<Arc<History>, QueryError> {
        let api = Arc::clone(&self.api);
        let reader = Arc::clone(&self.history_reader);
        let cache = Arc::clone(&self.counts);
        let fetch = || async move {
            // The whole range has the same numbers as `/uptime-summary-windowed`.
            let counts = cache.get(&api, slots::window(range));
            history::fetch(&api, &reader, counts, range)
                .await
                .map(Arc::new)
        };
        self.histories.get(range, fetch).await
    }

    /// Returns the latency by slot, in the columns [`super::P50`] and [`super::P95`].
    ///
    /// # Errors
    /// Prometheus is unavailable or fails, or its answer is malformed.
    pub async fn latencies(&self, range: Range) -> Result<Arc<Grid>, QueryError> {
        let api = Arc::clone(&self.api);
        let reader = Arc::clone(&self.latency_reader);
        let fetch = || async move { reader.read(&api, range).await };
        self.latencies.get(range, fetch).await
    }
}

impl Counts {
    async fn get(&self, api: &Arc<Api>, window: Window) -> Result<Arc<WindowCounts>, QueryError> {
        let promql = window.promql();
        let api = Arc::clone(api);
        if window.is_shared() {
            let fetch =
                || async move { api.instant(&promql, Timestamp::now()).await.map(Arc::new) };
            return self.shared.get(window, fetch).await;
        }
        let fetch = || async move {
            let counts = api.instant_in(Lane::Window, &promql, Timestamp::now());
            counts.await.map(Arc::new)
        };
        self.custom.get(window, fetch).await
    }
}
