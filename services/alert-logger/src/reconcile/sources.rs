//! Polls Prometheus and Alertmanager for their current alerts.

use std::collections::HashMap;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use reqwest::{Client, StatusCode};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use service_kit::response::at_most;
use service_kit::{ClientError, ResponseError, http_client, read_response};
use url::Url;

use crate::alert::{Alert, Labels};
use crate::watchdog;

/// Timeout of a request.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Maximum size of a response, which is parsed as a stream. 10,000 alerts of the lab with their annotations take about a
/// third of it.
const MAX_BYTES: usize = 32 << 20;

/// Maximum number of groups in a response, and of rules in a group.
const RULES: usize = 10_000;

/// Maximum number of alerts of a rule, and of alerts in Alertmanager.
const ALERTS: usize = 50_000;

/// The poll of a source failed.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// The connection failed, or the response did not arrive in time.
    #[error("no response: {0}")]
    Unavailable(#[from] reqwest::Error),
    /// The status is not 200.
    #[error("it responds with {0}")]
    Status(StatusCode),
    /// The response is invalid. Another program may listen at this address.
    #[error("its response is invalid: {0}")]
    Malformed(String),
}

/// The HTTP client of both servers.
#[derive(Debug)]
pub struct Sources {
    client: Client,
    runtime_info: Url,
    rules: Url,
    alerts: Url,
}

impl Sources {
    /// Creates a client for `PROMETHEUS_URL` and `ALERTMANAGER_URL`, which may have a path prefix.
    ///
    /// # Errors
    /// The HTTP client can't be built.
    pub fn new(prometheus: &Url, alertmanager: &Url) -> Result<Self, ClientError> {
        let mut rules = endpoint(prometheus, "api/v1/rules");
        rules.set_query(Some("type=alert"));
        Ok(Self {
            client: http_client([prometheus, alertmanager], TIMEOUT)?,
            runtime_info: endpoint(prometheus, "api/v1/status/runtimeinfo"),
            rules,
            alerts: endpoint(alertmanager, "api/v2/alerts"),
        })
    }

    /// Fetches Prometheus' alerting rules, with their pending and firing alerts.
    ///
    /// # Errors
    /// Prometheus is unavailable or not ready, or its response is invalid.
    pub async fn rules(&self) -> Result<Rules, SourceError> {
        let info: ApiResponse<RuntimeInfo> = self.get(&self.runtime_info).await?;
        let rules: ApiResponse<Groups> = self.get(&self.rules).await?;
        Ok(Rules::new(info.data.start_time, rules.data.groups))
    }

    /// Fetches Alertmanager's active alerts, including silenced and inhibited ones.
    ///
    /// # Errors
    /// Alertmanager is unavailable, or its response is invalid.
    pub async fn active_alerts(&self) -> Result<ActiveAlerts, SourceError> {
        let AlertList(alerts) = self.get(&self.alerts).await?;
        let ends = alerts.into_iter().map(|it| (it.fingerprint, it.ends_at));
        Ok(ActiveAlerts(ends.collect()))
    }

    async fn get<T>(&self, url: &Url) -> Result<T, SourceError>
    where
        T: DeserializeOwned + Send + 'static,
    {
        let response = self.client.get(url.clone()).send().await?;
        if response.status() != StatusCode::OK {
            return Err(SourceError::Status(response.status()));
        }
        match read_response(response, MAX_BYTES, serde_json::from_reader).await {
            Ok(read) => {
                read.map_err(|error: serde_json::Error| SourceError::Malformed(error.to_string()))
            }
            Err(ResponseError::Interrupted(error)) => Err(SourceError::Unavailable(error)),
            Err(error) => Err(SourceError::Malformed(error.to_string())),
        }
    }
}

fn endpoint(base: &Url, path: &str) -> Url {
    let mut url = base.clone();
    url.set_path(&format!("{}/{path}", base.path().trim_end_matches('/')));
    url
}

#[derive(Debug, Deserialize)]
struct ApiResponse<T> {
    data: T,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct RuntimeInfo {
    start_time: Timestamp,
}

#[derive(Debug, Deserialize)]
struct Groups {
    #[serde(deserialize_with = "at_most::list::<_, _, RULES>")]
    groups: Vec<Group>,
}

/// A group of rules in Prometheus' API.
#[derive(Debug, Deserialize)]
pub(super) struct Group {
    /// In seconds.
    interval: f64,
    #[serde(deserialize_with = "at_most::list::<_, _, RULES>")]
    rules: Vec<Rule>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Rule {
    name: String,
    last_evaluation: Timestamp,
    #[serde(default, deserialize_with = "at_most::list::<_, _, ALERTS>")]
    alerts: Vec<RuleAlert>,
}

#[derive(Debug, Deserialize)]
struct RuleAlert {
    labels: Labels,
    state: State,
}

#[derive(Debug, Deserialize)]
struct AlertList(#[serde(deserialize_with = "at_most::list::<_, _, ALERTS>")] Vec<ActiveAlert>);

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ActiveAlert {
    fingerprint: String,
    ends_at: Timestamp,
}

/// The state of an alert in Prometheus.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Its expression is true, but not for long enough yet.
    Pending,
    /// It fires.
    Firing,
    /// Its expression is false, so Prometheus does not list it.
    Inactive,
}

/// The last evaluation of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Evaluation {
    /// Its time by Prometheus' clock.
    pub at: Timestamp,
    /// Time between two evaluations.
    pub interval: SignedDuration,
}

/// The values of `alertname` and `target`, which differ for most alerts. Alerts in the same bucket are compared label by
/// label.
type Bucket = (String, Option<String>);

/// The alerting rules of Prometheus and their alerts.
#[derive(Debug)]
pub struct Rules {
    /// Start of Prometheus.
    pub started: Timestamp,
    evaluations: HashMap<String, Evaluation>,
    alerts: HashMap<Bucket, Vec<(Labels, State)>>,
}

impl Rules {
    pub(super) fn new(started: Timestamp, groups: Vec<Group>) -> Self {
        let mut rules = Self {
            started,
            evaluations: HashMap::new(),
            alerts: HashMap::new(),
        };
        for group in groups {
            let interval = SignedDuration::try_from_secs_f64(group.interval)
                .unwrap_or(SignedDuration::from_mins(1));
            for rule in group.rules {
                // If rules share a name, the slowest counts.
                let evaluation = rules.evaluations.entry(rule.name).or_insert(Evaluation {
                    at: rule.last_evaluation,
                    interval,
                });
                evaluation.at = evaluation.at.min(rule.last_evaluation);
                evaluation.interval = evaluation.interval.max(interval);
                for alert in rule.alerts {
                    let bucket = rules.alerts.entry(bucket(&alert.labels)).or_default();
                    bucket.push((alert.labels, alert.state));
                }
            }
        }
        rules
    }

    /// Returns whether `Watchdog` fires, which proves that Prometheus evaluates its rules.
    #[must_use]
    pub fn are_evaluated(&self) -> bool {
        let labels = Labels::from([("alertname".to_owned(), watchdog::ALERT_NAME.to_owned())]);
        let alerts = self.alerts.get(&bucket(&labels));
        alerts.is_some_and(|alerts| alerts.iter().any(|(_, state)| *state == State::Firing))
    }

    /// Returns the state of an alert in Prometheus. Compares the labels that Prometheus lists: they lack the external
    /// labels, which it adds only to the alerts that it sends.
    #[must_use]
    pub fn state(&self, alert: &Alert) -> State {
        let alerts = self.alerts.get(&bucket(&alert.labels));
        let has = |(name, value): (&String, &String)| alert.labels.get(name) == Some(value);
        alerts
            .into_iter()
            .flatten()
            .find(|(labels, _)| labels.iter().all(has))
            .map_or(State::Inactive, |(_, state)| *state)
    }

    /// Returns the last evaluation of an alert's rule, or of `Watchdog` if that rule does not exist any more.
    #[must_use]
    pub fn evaluation(&self, alert: &Alert) -> Option<Evaluation> {
        let name = alert.labels.get("alertname")?;
        let of = |name: &str| self.evaluations.get(name).copied();
        of(name).or_else(|| of(watchdog::ALERT_NAME))
    }
}

fn bucket(labels: &Labels) -> Bucket {
    let label = |name| labels.get(name).cloned();
    (label("alertname").unwrap_or_default(), label("target"))
}

/// Alertmanager's active alerts: by fingerprint, the time at which it resolves the alert by itself unless Prometheus sends
/// it again.
#[derive(Debug, Default)]
pub struct ActiveAlerts(pub HashMap<String, Timestamp>);
