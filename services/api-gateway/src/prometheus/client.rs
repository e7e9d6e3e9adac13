//! The questions the gateway has, each kept for a moment.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use reqwest::Client;
use service_kit::{ClientError, http_client};
use url::Url;

use super::model::ByTarget;
use super::query::query;
use super::{QueryError, Window};
use crate::availability::Counts;
use crate::cache::SingleFlight;

/// The windows that are kept. Anyone can ask for any, and at 10,000 targets each answer takes a megabyte.
const WINDOWS: usize = 32;

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
    client: Client,
    url: Url,
    policy: Policy,
    counts: SingleFlight<Window, Arc<WindowCounts>, QueryError>,
    latency: SingleFlight<(), Arc<ByTarget>, QueryError>,
}

/// Counts by target. A target without data is not in it; of a target in it, a counter that is absent counts 0.
pub type WindowCounts = HashMap<Arc<str>, Counts>;

impl Prometheus {
    /// `base` is `PROMETHEUS_URL`, with or without a path prefix; answers are kept for `lifetime`.
    ///
    /// # Errors
    /// The HTTP client can't be built.
    pub fn new(base: &Url, lifetime: Duration, policy: Policy) -> Result<Self, ClientError> {
        let mut url = base.clone();
        let prefix = base.path().trim_end_matches('/');
        url.set_path(&format!("{prefix}/api/v1/query"));
        Ok(Self {
            client: http_client(policy.deadline)?,
            url,
            policy,
            counts: SingleFlight::new(lifetime, WINDOWS),
            latency: SingleFlight::new(lifetime, 1),
        })
    }

    /// The probes of each target in the window that ends now, by `increase()`: extrapolated to the edges of the window,
    /// so not always whole numbers, and blind for a counter of which it has fewer than two samples.
    ///
    /// # Errors
    /// Prometheus is away, fails, or answers something else.
    pub async fn counts(&self, window: Window) -> Result<Arc<WindowCounts>, QueryError> {
        let increase = |counter: &str| format!("sum by (target) (increase({counter}[{window}]))");
        let success = increase("ping_success_total");
        let failures = increase("ping_failure_total");
        let (client, url, policy) = self.connection();
        let fetch = || async move {
            // The two belong to the same moment.
            let now = Timestamp::now();
            let (success, failures) = futures::try_join!(
                query(&client, &url, &success, now, policy),
                query(&client, &url, &failures, now, policy),
            )?;
            Ok(Arc::new(together(success, failures)))
        };
        self.counts.get(window.clone(), fetch).await
    }

    /// The mean latency of each target over the last 5 minutes, in seconds. A target without responses is not in it.
    ///
    /// # Errors
    /// Prometheus is away, fails, or answers something else.
    pub async fn latency(&self) -> Result<Arc<ByTarget>, QueryError> {
        let (client, url, policy) = self.connection();
        let fetch = || async move {
            let latency = query(&client, &url, LATENCY, Timestamp::now(), policy).await?;
            Ok(Arc::new(latency))
        };
        self.latency.get((), fetch).await
    }

    fn connection(&self) -> (Client, Url, Policy) {
        (self.client.clone(), self.url.clone(), self.policy)
    }
}

fn together(success: ByTarget, failures: ByTarget) -> WindowCounts {
    let mut counts = WindowCounts::new();
    for (target, success) in success {
        counts.entry(target).or_default().success = success.max(0.0);
    }
    for (target, failures) in failures {
        counts.entry(target).or_default().failures = failures.max(0.0);
    }
    counts
}
