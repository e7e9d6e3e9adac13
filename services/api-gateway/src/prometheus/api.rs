//! The two endpoints of Prometheus that are asked.

use jiff::Timestamp;
use reqwest::Client;
use service_kit::{ClientError, http_client};
use url::Url;

use super::model::{Sample, vector};
use super::query::query;
use super::{Policy, QueryError};

/// Prometheus' HTTP API.
#[derive(Debug)]
pub(super) struct Api {
    client: Client,
    query: Url,
    policy: Policy,
}

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
            client: http_client(policy.deadline)?,
            query: endpoint("query"),
            policy,
        })
    }

    /// What a query comes to at the time `at`.
    pub(super) async fn instant(
        &self,
        promql: &str,
        at: Timestamp,
    ) -> Result<Vec<Sample>, QueryError> {
        let parameters = [("query", promql.to_owned()), ("time", at.to_string())];
        query(&self.client, &self.query, &parameters, self.policy, vector).await
    }
}
