//! Polls Prometheus and Alertmanager for the alerts that they know now.

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

/// How long an answer may take.
const DEADLINE: Duration = Duration::from_secs(5);

/// Largest answer that is read, though never held as a whole: 10,000 alerts of ours with their annotations take about a third
/// of it.
const MAX_BYTES: usize = 32 << 20;

/// The groups of one answer, and the rules of a group.
const RULES: usize = 10_000;

/// The alerts of a rule, and those that Alertmanager holds.
const ALERTS: usize = 50_000;

/// Why a source said nothing.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// No connection, or no answer in time.
    #[error("no answer: {0}")]
    Away(#[from] reqwest::Error),
    /// Another status than 200.
    #[error("it answers {0}")]
    Failing(StatusCode),
    /// An answer that is none; something else may listen there.
    #[error("its answer cannot be read: {0}")]
    Malformed(String),
}

/// Both servers.
#[derive(Debug)]
pub struct Sources {
    client: Client,
    runtime_info: Url,
    rules: Url,
    alerts: Url,
}

impl Sources {
    /// `prometheus` and `alertmanager` are `PROMETHEUS_URL` and `ALERTMANAGER_URL`, with or without a path prefix.
    ///
    /// # Errors
    /// The HTTP client can't be built.
    pub fn new(prometheus: &Url, alertmanager: &Url) -> Result<Self, ClientError> {
        let mut rules = endpoint(prometheus, "api/v1/rules");
        rules.set_query(Some("type=alert"));
        Ok(Self {
            client: http_client([prometheus, alertmanager], DEADLINE)?,
            runtime_info: endpoint(prometheus, "api/v1/status/runtimeinfo"),
            rules,
            alerts: endpoint(alertmanager, "api/v2/alerts"),
        })
    }

    /// The alerting rules of Prometheus, and the alerts that are pending or firing.
    ///
    /// # Errors
    /// It is away, not ready, or answers something else.
    pub async fn rules(&self) -> Result<Rules, SourceError> {
        let info: Answer<RuntimeInfo> = self.get(&self.runtime_info).await?;
        let rules: Answer<Groups> = self.get(&self.rules).await?;
        Ok(Rules::new(info.data.start_time, rules.data.groups))
    }

    /// The alerts that Alertmanager takes for active, silenced and inhibited ones among them.
    ///
    /// # Errors
    /// It is away or answers something else.
    pub async fn held(&self) -> Result<Held, SourceError> {
        let HeldAlerts(alerts) = self.get(&self.alerts).await?;
        let ends = alerts.into_iter().map(|it| (it.fingerprint, it.ends_at));
        Ok(Held(ends.collect()))
    }

    async fn get<T>(&self, url: &Url) -> Result<T, SourceError>
    where
        T: DeserializeOwned + Send + 'static,
    {
        let response = self.client.get(url.clone()).send().await?;
        if response.status() != StatusCode::OK {
            return Err(SourceError::Failing(response.status()));
        }
        match read_response(response, MAX_BYTES, serde_json::from_reader).await {
            Ok(read) => {
                read.map_err(|error: serde_json::Error| SourceError::Malformed(error.to_string()))
            }
            Err(ResponseError::Interrupted(error)) => Err(SourceError::Away(error)),
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
struct Answer<T> {
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

/// A group of rules as Prometheus shows it.
#[derive(Debug, Deserialize)]
pub(super) struct Group {
    /// Seconds.
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
struct HeldAlerts(#[serde(deserialize_with = "at_most::list::<_, _, ALERTS>")] Vec<HeldAlert>);

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct HeldAlert {
    fingerprint: String,
    ends_at: Timestamp,
}

/// The state of an alert in Prometheus.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Its expression is true, but not for long enough.
    Pending,
    /// It fires.
    Firing,
    /// Its expression is false; Prometheus shows no such alert.
    Inactive,
}

/// The last evaluation of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Evaluation {
    /// When it was, by Prometheus' clock.
    pub at: Timestamp,
    /// From one to the next.
    pub interval: SignedDuration,
}

/// The key that tells most alerts of a rule apart; alerts that share it are compared label by label.
type Bucket = (String, Option<String>);

/// The alerting rules of Prometheus, and their alerts.
#[derive(Debug)]
pub struct Rules {
    /// When Prometheus started.
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
                // Of rules that share a name the slowest counts.
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

    /// Returns whether the alert that always fires does: then rules are evaluated.
    #[must_use]
    pub fn are_evaluated(&self) -> bool {
        let labels = Labels::from([("alertname".to_owned(), watchdog::ALERT_NAME.to_owned())]);
        let alerts = self.alerts.get(&bucket(&labels));
        alerts.is_some_and(|alerts| alerts.iter().any(|(_, state)| *state == State::Firing))
    }

    /// Returns the state of an alert in Prometheus. Its external labels are on the alerts that it sends, and not on those that it
    /// shows.
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

    /// The last evaluation of an alert's rule, or where that is gone, of the alert that always fires.
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

/// The alerts that Alertmanager takes for active: by fingerprint, the time at which it will resolve the alert by itself
/// if Prometheus says nothing until then.
#[derive(Debug, Default)]
pub struct Held(pub HashMap<String, Timestamp>);
