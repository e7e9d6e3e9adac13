//! The two endpoints of Prometheus that are asked.

use jiff::Timestamp;
use reqwest::Client;
use service_kit::{ClientError, http_client};
use url::Url;

use super::model::{Sample, Series, matrix, vector};
use super::query::query;
use super::{Policy, QueryError};

/// Prometheus' HTTP API.
#[derive(Debug)]
pub(super) struct Api {
    client: Client,
    query: Url,
    query_range: Url,
    policy: Policy,
}

/// A range query has this many times the deadline of an instant query: it reads days, not a moment.
const RANGE_PATIENCE: u32 = 4;

impl Api {
    /// `base` is `PROMETHEUS_URL`, with or without a path prefix.
    pub(super) fn new(base: &Url, policy: Policy) -> Result<Self, ClientError> {
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
        })
    }

    /// What a query comes to at the time `at`.
    pub(super) async fn instant(
        &self,
        promql: &str,
        at: Timestamp,
    ) -> Result<Vec<Sample>, QueryError> {
        self.instant_with(promql, at, self.policy).await
    }

    /// The same without another try.
    pub(super) async fn instant_once(
        &self,
        promql: &str,
        at: Timestamp,
    ) -> Result<Vec<Sample>, QueryError> {
        let once = Policy {
            retries: 0,
            ..self.policy
        };
        self.instant_with(promql, at, once).await
    }

    async fn instant_with(
        &self,
        promql: &str,
        at: Timestamp,
        policy: Policy,
    ) -> Result<Vec<Sample>, QueryError> {
        let parameters = [("query", promql.to_owned()), ("time", at.to_string())];
        query(&self.client, &self.query, &parameters, policy, vector).await
    }

    /// What a query comes to at several times: from the first to the last, so many seconds from one to the next. Times
    /// are in seconds since the epoch.
    pub(super) async fn range(
        &self,
        promql: &str,
        (first, last, step): (i64, i64, i64),
    ) -> Result<Vec<Series>, QueryError> {
        let parameters = [
            ("query", promql.to_owned()),
            ("start", first.to_string()),
            ("end", last.to_string()),
            ("step", step.to_string()),
        ];
        let policy = Policy {
            deadline: self.policy.deadline * RANGE_PATIENCE,
            ..self.policy
        };
        query(&self.client, &self.query_range, &parameters, policy, matrix).await
    }
}
