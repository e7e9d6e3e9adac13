//! The little of Prometheus' HTTP API that sizing and benchmarks need.

use std::collections::HashMap;
use std::time::Duration;

use anyhow::{Context as _, bail};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use url::Url;

use crate::http;

const TIMEOUT: Duration = Duration::from_secs(10);

/// A Prometheus.
#[derive(Debug)]
pub struct Prometheus {
    client: reqwest::Client,
    url: String,
    /// The URL for people: without its password.
    shown: String,
}

#[derive(Deserialize)]
struct Answer<T> {
    data: Option<T>,
    error: Option<String>,
}

#[derive(Deserialize)]
struct Vector {
    result: Vec<Sample>,
}

/// An element of an instant vector: time and value.
#[derive(Deserialize)]
struct Sample {
    value: (f64, String),
}

impl Prometheus {
    /// The server at `url`.
    pub fn new(url: &str) -> anyhow::Result<Self> {
        let shown = targets::redact(url.trim_end_matches('/'));
        let parsed = Url::parse(url).with_context(|| format!("not a URL: {shown}"))?;
        Ok(Self {
            client: http::client(&parsed, TIMEOUT)?,
            url: url.trim_end_matches('/').to_owned(),
            shown,
        })
    }

    /// The server's URL, for people: without its password.
    pub fn shown(&self) -> &str {
        &self.shown
    }

    /// The value of a query with at most one element; `None` without one, or where it is not a number.
    pub async fn scalar(&self, query: &str) -> anyhow::Result<Option<f64>> {
        let vector: Vector = self.get("query", &[("query", query)]).await?;
        let value = vector
            .result
            .first()
            .and_then(|sample| sample.value.1.parse::<f64>().ok());
        Ok(value.filter(|value| value.is_finite()))
    }

    /// A flag of the server's, as it was given or is by default.
    pub async fn flag(&self, name: &str) -> anyhow::Result<String> {
        let mut flags: HashMap<String, String> = self.get("status/flags", &[]).await?;
        flags
            .remove(name)
            .with_context(|| format!("{} has no flag {name}", self.shown))
    }

    async fn get<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &[(&str, &str)],
    ) -> anyhow::Result<T> {
        let asked = || format!("can't ask {}", self.shown);
        let request = self
            .client
            .get(format!("{}/api/v1/{path}", self.url))
            .query(query);
        let response = request.send().await.with_context(asked)?;
        let status = response.status();
        let answer: Answer<T> = response.json().await.with_context(|| {
            format!("{} answered {status}, and not as a Prometheus", self.shown)
        })?;
        match answer {
            Answer {
                data: Some(data), ..
            } => Ok(data),
            Answer { error, .. } => bail!(
                "{} answered {status}: {}",
                self.shown,
                error.unwrap_or_default()
            ),
        }
    }
}
