//! A client for the endpoints of Prometheus' HTTP API that the start check, `sizing` and the benchmarks use.

use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, bail};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use url::Url;

use crate::http;

const TIMEOUT: Duration = Duration::from_secs(10);

/// A client of one Prometheus.
#[derive(Debug)]
pub struct Prometheus {
    client: reqwest::Client,
    url: String,
    /// The URL without its password, for messages.
    shown: String,
}

#[derive(Deserialize)]
struct ApiResponse<T> {
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

/// A rule group. Its name is unique only in its file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RuleGroup {
    file: String,
    name: String,
}

impl RuleGroup {
    /// Returns the group `name` of the file `path`. Only the file's name counts, since Prometheus may see another folder.
    #[must_use]
    pub fn new(path: &Path, name: String) -> Self {
        let file = path.file_name().unwrap_or_default();
        Self {
            file: file.to_string_lossy().into_owned(),
            name,
        }
    }
}

impl fmt::Display for RuleGroup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {}", self.name, self.file)
    }
}

/// A target that Prometheus scrapes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ScrapeTarget {
    /// The scrape job's name.
    pub job: String,
    /// Host and port.
    pub address: String,
}

impl fmt::Display for ScrapeTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at {}", self.job, self.address)
    }
}

#[derive(Deserialize)]
struct Rules {
    groups: Vec<Group>,
}

#[derive(Deserialize)]
struct Group {
    file: String,
    name: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Targets {
    active_targets: Vec<ActiveTarget>,
}

#[derive(Deserialize)]
struct ActiveTarget {
    labels: TargetLabels,
}

#[derive(Deserialize)]
struct TargetLabels {
    job: String,
    instance: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Alertmanagers {
    active_alertmanagers: Vec<Alertmanager>,
}

#[derive(Deserialize)]
struct Alertmanager {
    url: String,
}

impl Prometheus {
    /// Returns a client of the server at `url`.
    pub fn new(url: &str) -> anyhow::Result<Self> {
        let shown = targets::redact(url.trim_end_matches('/'));
        let parsed = Url::parse(url).with_context(|| format!("not a URL: {shown}"))?;
        Ok(Self {
            client: http::client(&parsed, TIMEOUT)?,
            url: url.trim_end_matches('/').to_owned(),
            shown,
        })
    }

    /// Returns the URL without its password, for messages.
    pub fn shown(&self) -> &str {
        &self.shown
    }

    /// Returns the value of a query with at most one element; `None` if the result is empty or not finite.
    pub async fn scalar(&self, query: &str) -> anyhow::Result<Option<f64>> {
        let vector: Vector = self.get("query", &[("query", query)]).await?;
        let value = vector
            .result
            .first()
            .and_then(|sample| sample.value.1.parse::<f64>().ok());
        Ok(value.filter(|value| value.is_finite()))
    }

    /// Returns the value of a flag of the server.
    pub async fn flag(&self, name: &str) -> anyhow::Result<String> {
        let mut flags: HashMap<String, String> = self.get("status/flags", &[]).await?;
        flags
            .remove(name)
            .with_context(|| format!("{} has no flag {name}", self.shown))
    }

    /// Returns the rule groups that are loaded.
    pub async fn rule_groups(&self) -> anyhow::Result<BTreeSet<RuleGroup>> {
        let rules: Rules = self.get("rules", &[]).await?;
        let group = |group: Group| RuleGroup::new(Path::new(&group.file), group.name);
        Ok(rules.groups.into_iter().map(group).collect())
    }

    /// Returns the targets that Prometheus scrapes.
    pub async fn scrape_targets(&self) -> anyhow::Result<BTreeSet<ScrapeTarget>> {
        let targets: Targets = self.get("targets", &[("state", "active")]).await?;
        let target = |target: ActiveTarget| ScrapeTarget {
            job: target.labels.job,
            address: target.labels.instance,
        };
        Ok(targets.active_targets.into_iter().map(target).collect())
    }

    /// Returns the URLs of the Alertmanagers to which Prometheus sends alerts.
    pub async fn alertmanagers(&self) -> anyhow::Result<Vec<String>> {
        let response: Alertmanagers = self.get("alertmanagers", &[]).await?;
        let url = |alertmanager: Alertmanager| alertmanager.url;
        Ok(response.active_alertmanagers.into_iter().map(url).collect())
    }

    async fn get<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &[(&str, &str)],
    ) -> anyhow::Result<T> {
        let context = || format!("can't query {}", self.shown);
        let request = self
            .client
            .get(format!("{}/api/v1/{path}", self.url))
            .query(query);
        let response = request.send().await.with_context(context)?;
        let status = response.status();
        let body = http::body(response).await.with_context(context)?;
        let response: ApiResponse<T> = serde_json::from_slice(&body).with_context(|| {
            format!("{} answered {status}, but is not a Prometheus", self.shown)
        })?;
        match response {
            ApiResponse {
                data: Some(data), ..
            } => Ok(data),
            ApiResponse { error, .. } => bail!(
                "{} answered {status}: {}",
                self.shown,
                error.unwrap_or_default()
            ),
        }
    }
}
