//! Prometheus' two query endpoints, with a limit on concurrent queries.

use jiff::Timestamp;
use reqwest::Client;
use service_kit::{ClientError, Limits, http_client};
use url::Url;

use super::lanes::{Lane, Lanes};
use super::model::{Gather, Series, matrix, vector};
use super::query::{Policy, QueryError, query};

/// Prometheus' HTTP API.
#[derive(Debug)]
pub(super) struct Api {
    client: Client,
    query: Url,
    query_range: Url,
    policy: Policy,
    lanes: Lanes,
}

/// The deadline of a range query as a multiple of an instant query's deadline, because it reads days of data.
const RANGE_TIMEOUT_FACTOR: u32 = 4;

impl Api {
    /// Creates a client. `base` is `PROMETHEUS_URL`, with or without a path prefix.
    pub(super) fn new(base: &Url, policy: Policy, limits: &Limits) -> Result<Self, ClientError> {
        let prefix = base.path().trim_end_matches('/');
        let endpoint = |name: &str| {
            let mut url = base.clone();
            url.set_path(&format!("{prefix}/api/v1/{name}"));
            url
        };
        Ok(Self {
            client: http_client([base], policy.deadline)?,
            query: endpoint("query"),
            query_range: endpoint("query_range"),
            policy,
            lanes: Lanes::new(limits),
        })
    }

    /// Evaluates a fixed query at the time `at`.
    pub(super) async fn instant<G: Gather + Send + 'static>(
        &self,
        promql: &str,
        at: Timestamp,
    ) -> Result<G, QueryError> {
        self.instant_in(self.fixed(), promql, at).await
    }

    /// Evaluates a query at the time `at`.
    pub(super) async fn instant_in<G: Gather + Send + 'static>(
        &self,
        lane: Lane,
        promql: &str,
        at: Timestamp,
    ) -> Result<G, QueryError> {
        self.instant_with(lane, promql, at, self.policy).await
    }

    /// Evaluates a status query at the time `at`, without retries.
    pub(super) async fn instant_once<G: Gather + Send + 'static>(
        &self,
        promql: &str,
        at: Timestamp,
    ) -> Result<G, QueryError> {
        let once = Policy {
            retries: 0,
            ..self.policy
        };
        self.instant_with(Lane::Status, promql, at, once).await
    }

    async fn instant_with<G: Gather + Send + 'static>(
        &self,
        lane: Lane,
        promql: &str,
        at: Timestamp,
        policy: Policy,
    ) -> Result<G, QueryError> {
        let _permit = self.lanes.enter(lane).await?;
        let parameters = [("query", promql.to_owned()), ("time", at.to_string())];
        query(&self.client, &self.query, &parameters, policy, vector).await
    }

    /// Evaluates a fixed query from `first` to `last`, in seconds since the epoch, every `step` seconds.
    pub(super) async fn range(
        &self,
        promql: &str,
        (first, last, step): (i64, i64, i64),
    ) -> Result<Vec<Series>, QueryError> {
        let _permit = self.lanes.enter(self.fixed()).await?;
        let parameters = [
            ("query", promql.to_owned()),
            ("start", first.to_string()),
            ("end", last.to_string()),
            ("step", step.to_string()),
        ];
        let policy = Policy {
            deadline: self.policy.deadline * RANGE_TIMEOUT_FACTOR,
            ..self.policy
        };
        query(&self.client, &self.query_range, &parameters, policy, matrix).await
    }

    /// Returns the lane of fixed queries. They wait at most as long as a range query may take.
    fn fixed(&self) -> Lane {
        Lane::Fixed {
            max_wait: self.policy.deadline * RANGE_TIMEOUT_FACTOR,
        }
    }
}
