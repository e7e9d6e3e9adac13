//! A gateway with mock agents, a mock Prometheus and a mock alert-logger.
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "test helpers; no test file uses all of them"
)]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use api_gateway::{Config, Gateway, routes};
use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use service_kit::{Configuration, Limits, Settings};
use tower::ServiceExt;
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, Respond, ResponseTemplate};

/// An unavailable agent.
pub const NO_AGENT: (&str, &str) = ("PING_AGENT_METRICS_URL", "http://127.0.0.1:1/metrics");

/// Targets named after their states.
pub const TARGETS: (&str, &str) = (
    "PING_TARGET_URLS",
    "http://up/,http://down/,http://stale/,http://new/",
);

/// An exposition of targets: name, `ping_up`, and seconds since the last probe.
pub fn exposition(targets: &[(&str, u8, f64)]) -> String {
    let now = Timestamp::now().as_duration().as_secs_f64();
    let mut text = String::new();
    for (target, up, ago) in targets {
        let probed = now - ago;
        text.push_str(&format!(
            "ping_up{{target=\"{target}\"}} {up}\n\
             ping_last_probe_timestamp_seconds{{target=\"{target}\"}} {probed}\n\
             ping_interval_seconds{{target=\"{target}\"}} 15\n\
             ping_success_total{{target=\"{target}\"}} {up}\n\
             ping_failure_total{{target=\"{target}\"}} 1\n"
        ));
    }
    text
}

/// The source with a name.
pub fn source<'a>(status: &'a Value, name: &str) -> &'a Value {
    let sources = status["sources"].as_array().unwrap();
    sources
        .iter()
        .find(|source| source["name"] == name)
        .unwrap()
}

/// The states of the targets, in their order.
pub fn states(status: &Value) -> Vec<&str> {
    let targets = status["targets"].as_array().unwrap();
    targets
        .iter()
        .map(|target| target["state"].as_str().unwrap())
        .collect()
}

/// A response with its whole body.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).expect("a JSON body")
    }

    /// Checks that the response is problem details with this status, and returns its `detail`.
    pub fn problem(&self, status: u16) -> String {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        assert_eq!(self.headers["content-type"], "application/problem+json");
        let problem = self.json();
        assert_eq!(problem["status"], status);
        problem["detail"].as_str().unwrap().to_owned()
    }
}

/// A gateway with these variables set.
pub fn sources(variables: &[(&str, &str)]) -> Arc<Gateway> {
    let variables = variables
        .iter()
        .map(|(name, value)| (name.into(), value.into()));
    let settings = Settings::load(Config::KEYS, variables).unwrap();
    let config = Config::read(&settings).unwrap();
    let targets = config
        .targets
        .as_ref()
        .map(|(_, targets)| tokio::sync::watch::channel(Arc::clone(targets)).1);
    Arc::new(Gateway::new(&config, targets, &limits()).unwrap())
}

/// New limits.
pub fn limits() -> Limits {
    Limits::register(&prometheus::Registry::new()).unwrap()
}

/// The routes of a gateway with these variables set.
pub fn gateway(variables: &[(&str, &str)]) -> Router {
    routes::router(sources(variables))
}

/// A file of targets.
pub fn targets_file(toml: &str) -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), toml).unwrap();
    file
}

/// An alert-logger that is ready, with this response at `/api/v1/alerts`.
pub async fn alert_logger(alerts: impl Respond + 'static) -> MockServer {
    let server = MockServer::start().await;
    let ready = Mock::given(path("/readyz")).respond_with(ResponseTemplate::new(200));
    ready.mount(&server).await;
    let alerts = Mock::given(path("/api/v1/alerts")).respond_with(alerts);
    alerts.mount(&server).await;
    server
}

/// A page of alert-logger's history, and the seconds since `Watchdog` last arrived.
pub fn history(alerts: &Value, watchdog_seconds_ago: Option<i64>) -> ResponseTemplate {
    let ago = |seconds| Timestamp::now() - SignedDuration::from_secs(seconds);
    ResponseTemplate::new(200).set_body_json(json!({
        "alerts": alerts, "next": null, "durable": true,
        "watchdog": {"last_received_at": watchdog_seconds_ago.map(ago)}
    }))
}

pub async fn get(router: &Router, uri: &str) -> Answer {
    ask(router, "GET", uri).await
}

pub async fn ask(router: &Router, method: &str, uri: &str) -> Answer {
    send(router, Request::builder().method(method).uri(uri)).await
}

/// Sends GET with additional headers.
pub async fn ask_with(router: &Router, uri: &str, headers: &[(&str, &str)]) -> Answer {
    let request = Request::builder().uri(uri);
    let request = headers.iter().fold(request, |request, (name, value)| {
        request.header(*name, *value)
    });
    send(router, request).await
}

async fn send(router: &Router, request: axum::http::request::Builder) -> Answer {
    let request = request.body(Body::empty()).unwrap();
    let (parts, body) = router.clone().oneshot(request).await.unwrap().into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    Answer {
        status: parts.status,
        headers: parts.headers,
        text: String::from_utf8(body.to_vec()).unwrap(),
    }
}

/// Responds with each answer in turn, and repeats the last.
pub struct InTurn {
    answers: Vec<ResponseTemplate>,
    next: AtomicUsize,
}

impl Respond for InTurn {
    fn respond(&self, _: &wiremock::Request) -> ResponseTemplate {
        let next = self.next.fetch_add(1, Ordering::SeqCst);
        self.answers[next.min(self.answers.len() - 1)].clone()
    }
}

pub fn in_turn(answers: impl Into<Vec<ResponseTemplate>>) -> InTurn {
    InTurn {
        answers: answers.into(),
        next: AtomicUsize::new(0),
    }
}

/// An agent with the exposition `text`.
pub async fn agent(text: &str) -> MockServer {
    agent_that(ResponseTemplate::new(200).set_body_string(text)).await
}

/// An agent that responds with `text` after a delay.
pub async fn slow_agent(text: &str, after: Duration) -> MockServer {
    let answer = ResponseTemplate::new(200).set_body_string(text);
    agent_that(answer.set_delay(after)).await
}

pub async fn agent_that(responds: impl Respond + 'static) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(method("GET"))
        .and(path("/metrics"))
        .respond_with(responds)
        .mount(&server)
        .await;
    server
}

pub fn metrics_of(server: &MockServer) -> String {
    format!("{}/metrics", server.uri())
}

/// A URL whose port is closed.
pub fn dead_url() -> String {
    format!("http://127.0.0.1:{}", test_support::free_port())
}

/// A successful response of Prometheus' query API: values by labels.
pub fn samples(values: impl IntoIterator<Item = (Value, String)>) -> ResponseTemplate {
    let values = values.into_iter();
    let result: Vec<_> = values
        .map(|(metric, value)| json!({"metric": metric, "value": [1.5e9, value]}))
        .collect();
    ResponseTemplate::new(200).set_body_json(json!({
        "status": "success", "data": {"resultType": "vector", "result": result}
    }))
}

/// Values by target.
pub fn vector(values: &[(&str, &str)]) -> ResponseTemplate {
    let values = values.iter();
    samples(values.map(|(target, value)| (json!({"target": target}), (*value).to_owned())))
}

/// Prometheus' proof: the ages of the newest sample and of the oldest rule evaluation in seconds, and the number of
/// targets with results.
pub fn proof(stored: i64, rules: i64, targets: usize) -> ResponseTemplate {
    let ago = |seconds: i64| (Timestamp::now().as_second() - seconds).to_string();
    let proof = |name: &str, value: String| (json!({"proof": name}), value);
    samples([
        proof("stored", ago(stored)),
        proof("rules", ago(rules)),
        proof("targets", targets.to_string()),
    ])
}

/// Probes by target and outcome.
pub fn outcomes(probes: &[(&str, &str, &str)]) -> ResponseTemplate {
    let labelled = |(target, outcome, probes): &(&str, &str, &str)| {
        let labels = json!({"target": target, "outcome": outcome});
        (labels, (*probes).to_owned())
    };
    samples(probes.iter().map(labelled))
}

/// Adds a response to queries that contain `part`.
pub async fn answers(prometheus: &MockServer, part: &str, responds: impl Respond + 'static) {
    let part = part.to_owned();
    let matches = move |request: &wiremock::Request| {
        let mut pairs = request.url.query_pairs();
        pairs.any(|(key, value)| key == "query" && value.contains(&part))
    };
    Mock::given(method("GET"))
        .and(path("/api/v1/query"))
        .and(matches)
        .respond_with(responds)
        .mount(prometheus)
        .await;
}

/// A series of a range query: its labels, and its value at a time in seconds since the epoch.
pub type RangeSeries = (Value, fn(i64) -> Option<f64>);

/// Adds a response to range queries that contain `part`.
pub async fn answers_range(prometheus: &MockServer, part: &str, series: Vec<RangeSeries>) {
    let part = part.to_owned();
    let parameter = |request: &wiremock::Request, name: &str| {
        let mut pairs = request.url.query_pairs();
        let found = pairs.find(|(key, _)| key == name).unwrap();
        found.1.into_owned()
    };
    let matches = move |request: &wiremock::Request| parameter(request, "query").contains(&part);
    let responds = move |request: &wiremock::Request| {
        let number = |name| parameter(request, name).parse::<i64>().unwrap();
        let (start, end, step) = (number("start"), number("end"), number("step"));
        let times = || (start..=end).step_by(usize::try_from(step).unwrap());
        let result: Vec<_> = series
            .iter()
            .map(|(metric, value)| {
                let values: Vec<_> = times()
                    .filter_map(|time| Some(json!([time, value(time)?.to_string()])))
                    .collect();
                json!({"metric": metric, "values": values})
            })
            .collect();
        ResponseTemplate::new(200).set_body_json(json!({
            "status": "success", "data": {"resultType": "matrix", "result": result}
        }))
    };
    Mock::given(method("GET"))
        .and(path("/api/v1/query_range"))
        .and(matches)
        .respond_with(responds)
        .mount(prometheus)
        .await;
}

/// The number of requests that a server received.
pub async fn requests(server: &MockServer) -> usize {
    server.received_requests().await.unwrap().len()
}
