//! The queries of the gateway, whose answers are kept for a moment.

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

/// The windows of readers' own choice that are kept. Anyone can ask for any, and at 10,000 targets each answer takes a
/// megabyte.
const WINDOWS: usize = 16;

/// How long a proof is kept.
const PROOF_FOR: Duration = Duration::from_secs(1);

/// How long a history is kept: its slots are 16 minutes and more.
const HISTORY_FOR: Duration = Duration::from_secs(30);

/// Mean duration of the probes that got a response, over the last 5 minutes, in seconds.
const LATENCY: &str = "sum by (target) (rate(ping_latency_seconds_sum[5m])) \
     / sum by (target) (rate(ping_latency_seconds_count[5m]))";

/// A Prometheus server.
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

/// Probes by window: of the windows that many ask for, and of those of readers' own choice, which don't push them out.
#[derive(Debug)]
struct Counts {
    shared: SingleFlight<Window, Arc<WindowCounts>, QueryError>,
    chosen: SingleFlight<Window, Arc<WindowCounts>, QueryError>,
}

impl Prometheus {
    /// `base` is `PROMETHEUS_URL`, with or without a path prefix; answers are kept for `lifetime`, histories for 30 s at
    /// least. With a lifetime of zero nothing is.
    ///
    /// # Errors
    /// The HTTP client can't be built.
    pub fn new(
        base: &Url,
        lifetime: Duration,
        policy: Policy,
        limits: &Limits,
    ) -> Result<Self, ClientError> {
        let keep = !lifetime.is_zero();
        let history_for = if keep {
            lifetime.max(HISTORY_FOR)
        } else {
            lifetime
        };
        Ok(Self {
            api: Arc::new(Api::new(base, policy, limits)?),
            proof: SingleFlight::new(PROOF_FOR, 1),
            counts: Arc::new(Counts {
                shared: SingleFlight::new(lifetime, shared().count()),
                chosen: SingleFlight::new(lifetime, WINDOWS),
            }),
            latency: SingleFlight::new(lifetime, 1),
            budgets: SingleFlight::new(lifetime, 1).refresh_ahead(),
            phases: SingleFlight::new(lifetime, 1).refresh_ahead(),
            histories: SingleFlight::new(history_for, Range::ALL.len()).refresh_ahead(),
            history_reader: Arc::new(history::reader(keep)),
            latencies: SingleFlight::new(history_for, Range::ALL.len()).refresh_ahead(),
            latency_reader: Arc::new(latency::reader(keep)),
        })
    }

    /// Returns proof that it stores samples and evaluates its rules.
    ///
    /// # Errors
    /// It does not answer.
    pub async fn proof(&self) -> Result<Proof, QueryError> {
        let api = Arc::clone(&self.api);
        let fetch = || async move { proof::fetch(&api).await };
        self.proof.get((), fetch).await
    }

    /// Returns the probes of each target in the window that ends now.
    ///
    /// # Errors
    /// Prometheus is away, fails, or answers something else.
    pub async fn counts(&self, window: Window) -> Result<Arc<WindowCounts>, QueryError> {
        self.counts.get(&self.api, window).await
    }

    /// Returns the mean latency of each target over the last 5 minutes, in seconds. A target without responses is not in it.
    ///
    /// # Errors
    /// Prometheus is away, fails, or answers something else.
    pub async fn latency(&self) -> Result<Arc<ByTarget>, QueryError> {
        let api = Arc::clone(&self.api);
        let fetch = || async move {
            let latency = api.instant_in(Lane::Status, LATENCY, Timestamp::now());
            latency.await.map(Arc::new)
        };
        self.latency.get((), fetch).await
    }

    /// Returns the recorded figures of the targets' objectives. A target without data is not in it.
    ///
    /// # Errors
    /// Prometheus is away, fails, or answers something else.
    pub async fn budgets(&self) -> Result<Arc<Budgets>, QueryError> {
        let api = Arc::clone(&self.api);
        let fetch = || async move { budgets::fetch(&api).await.map(Arc::new) };
        self.budgets.get((), fetch).await
    }

    /// Returns the time that probes spent in each phase and why they failed, over the last 5 minutes.
    ///
    /// # Errors
    /// Prometheus is away, fails, or answers something else.
    pub async fn phases(&self) -> Result<Arc<Phases>, QueryError> {
        let api = Arc::clone(&self.api);
        let fetch = || async move { phases::fetch(&api).await.map(Arc::new) };
        self.phases.get((), fetch).await
    }

    /// Returns the probes of each target by slot.
    ///
    /// # Errors
    /// Prometheus is away, fails, or answers something else.
    pub async fn history(&self, range: Range) -> Result<Arc<History>, QueryError> {
        let api = Arc::clone(&self.api);
        let reader = Arc::clone(&self.history_reader);
        let cache = Arc::clone(&self.counts);
        let fetch = || async move {
            // The numbers of the whole range are those of `/uptime-summary-windowed`.
            let counts = cache.get(&api, slots::window(range));
            history::fetch(&api, &reader, counts, range)
                .await
                .map(Arc::new)
        };
        self.histories.get(range, fetch).await
    }

    /// Returns how long responses took, by slot: the columns [`super::P50`] and [`super::P95`].
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
        self.chosen.get(window, fetch).await
    }
}
