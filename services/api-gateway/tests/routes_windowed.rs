//! `GET /uptime-summary-windowed`
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

mod support;

use std::time::{Duration, Instant};

use api_gateway::sources::prometheus::{Policy, Prometheus, QueryError};
use api_gateway::window::Window;
use serde_json::json;
use support::{
    NO_AGENT, agent, answers, dead_url, gateway, get, in_turn, limits, metrics_of, outcomes,
    requests, vector,
};
use wiremock::{MockServer, ResponseTemplate};

const TARGETS: (&str, &str) = (
    "PING_TARGET_URLS",
    "http://b/,http://a/,http://c/,http://d/",
);

/// A Prometheus with these recorded probes by target and outcome.
async fn prometheus(probes: &[(&str, &str, &str)]) -> MockServer {
    let prometheus = MockServer::start().await;
    answers(&prometheus, "target:probes:", outcomes(probes)).await;
    prometheus
}

#[tokio::test]
async fn recorded_probes_become_availability_in_the_order_of_the_configuration() {
    let prometheus = prometheus(&[
        ("http://a/", "success", "39"),
        ("http://a/", "failure", "1"),
        ("http://b/", "success", "20"),
        ("http://b/", "maintenance", "4"),
        ("http://c/", "failure", "3"),
        ("http://removed/", "success", "7"),
    ])
    .await;
    let gateway = gateway(&[TARGETS, NO_AGENT, ("PROMETHEUS_URL", &prometheus.uri())]);
    let answer = get(&gateway, "/uptime-summary-windowed?window=1h30m").await;
    let target = |target, success: u32, failures: u32, availability, percent| {
        json!({"target": target, "url": target, "success": success, "failures": failures,
            "availability": availability, "availability_percent": percent})
    };
    let number = |number: f64| json!(number);
    assert_eq!(
        answer.json(),
        json!({
            "window": "1h30m",
            "targets": [
                target("http://b/", 20, 0, json!("100.00%"), number(100.0)),
                target("http://a/", 39, 1, json!("97.50%"), number(97.5)),
                target("http://c/", 0, 3, json!("0.00%"), number(0.0)),
                target("http://d/", 0, 0, json!(null), json!(null)),
            ],
            "total": {"success": 59, "failures": 4, "availability": "93.65%",
                "availability_percent": 100.0 * 59.0 / 63.0},
            "partial": []
        })
    );
}

#[tokio::test]
async fn the_default_window_is_5m() {
    let prometheus = prometheus(&[]).await;
    let gateway = gateway(&[TARGETS, NO_AGENT, ("PROMETHEUS_URL", &prometheus.uri())]);
    let answer = get(&gateway, "/uptime-summary-windowed").await;
    assert_eq!(answer.json()["window"], "5m");
}

#[tokio::test]
async fn an_invalid_window_is_rejected_with_the_allowed_values() {
    let gateway = gateway(&[TARGETS, NO_AGENT, ("PROMETHEUS_URL", &dead_url())]);
    for query in [
        "window=",
        "window=soon",
        "window=5s",
        "window=15d",
        "window=5m%5D))%20or%20up",
    ] {
        let answer = get(&gateway, &format!("/uptime-summary-windowed?{query}")).await;
        let detail = answer.problem(400);
        assert!(detail.contains("from 30s to 14d"), "{query}: {detail}");
    }
    let twice = get(&gateway, "/uptime-summary-windowed?window=5m&window=6m").await;
    twice.problem(400);
}

#[tokio::test]
async fn without_prometheus_it_is_not_implemented() {
    let detail = get(
        &gateway(&[TARGETS, NO_AGENT]),
        "/uptime-summary-windowed?window=5m",
    )
    .await
    .problem(501);
    assert!(detail.contains("PROMETHEUS_URL"), "{detail}");
}

#[tokio::test]
async fn an_unavailable_prometheus_is_a_bad_gateway() {
    let unavailable = dead_url().replace("http://", "http://me:secret@");
    let gateway = gateway(&[TARGETS, NO_AGENT, ("PROMETHEUS_URL", &unavailable)]);
    let detail = get(&gateway, "/uptime-summary-windowed").await.problem(502);
    assert!(
        detail.contains("Prometheus is unavailable") && !detail.contains("secret"),
        "{detail}"
    );
}

#[tokio::test]
async fn a_failed_query_is_retried() {
    let prometheus = MockServer::start().await;
    let fails = ResponseTemplate::new(503);
    let answer = outcomes(&[("http://a/", "success", "2")]);
    let in_turn = in_turn([fails.clone(), fails, answer]);
    answers(&prometheus, "target:probes:", in_turn).await;
    let gateway = gateway(&[TARGETS, NO_AGENT, ("PROMETHEUS_URL", &prometheus.uri())]);
    let summary = get(&gateway, "/uptime-summary-windowed").await.json();
    assert_eq!(summary["total"]["success"], 2);
    assert_eq!(requests(&prometheus).await, 3);
}

#[tokio::test]
async fn a_prometheus_that_keeps_failing_or_rejects_is_a_bad_gateway() {
    let failing = MockServer::start().await;
    answers(&failing, "target:probes:", ResponseTemplate::new(500)).await;
    let broken = gateway(&[TARGETS, NO_AGENT, ("PROMETHEUS_URL", &failing.uri())]);
    let detail = get(&broken, "/uptime-summary-windowed").await.problem(502);
    assert!(detail.contains("status 500"), "{detail}");
    assert_eq!(requests(&failing).await, 3);

    let rejecting = MockServer::start().await;
    let error = json!({"status": "error", "errorType": "execution", "error": "too many samples"});
    let rejection = ResponseTemplate::new(422).set_body_json(error);
    answers(&rejecting, "target:probes:", rejection).await;
    let rejected = gateway(&[TARGETS, NO_AGENT, ("PROMETHEUS_URL", &rejecting.uri())]);
    let detail = get(&rejected, "/uptime-summary-windowed")
        .await
        .problem(502);
    assert!(detail.contains("too many samples"), "{detail}");
    assert_eq!(requests(&rejecting).await, 1, "a retry would not help");

    let other = gateway(&[
        TARGETS,
        NO_AGENT,
        ("PROMETHEUS_URL", &MockServer::start().await.uri()),
    ]);
    get(&other, "/uptime-summary-windowed").await.problem(502);
}

#[tokio::test]
async fn a_query_ends_with_its_deadline() {
    let hanging = MockServer::start().await;
    let never = vector(&[]).set_delay(Duration::from_secs(30));
    answers(&hanging, "target:probes:", never).await;
    let policy = Policy {
        deadline: Duration::from_millis(200),
        ..Policy::default()
    };
    let prometheus = Prometheus::new(
        &hanging.uri().parse().unwrap(),
        Duration::ZERO,
        policy,
        &limits(),
    )
    .unwrap();
    let started = Instant::now();
    let outcome = prometheus.counts(Window::parse("5m").unwrap()).await;
    assert_eq!(outcome, Err(QueryError::Deadline(policy.deadline)));
    assert!(started.elapsed() < Duration::from_secs(10));
}

#[tokio::test]
async fn queries_for_too_many_windows_are_rejected_while_shared_windows_are_answered() {
    let slow = MockServer::start().await;
    let answer = outcomes(&[("http://a/", "success", "2")]);
    answers(
        &slow,
        "target:probes:",
        answer.set_delay(Duration::from_millis(600)),
    )
    .await;
    let gateway = gateway(&[TARGETS, NO_AGENT, ("PROMETHEUS_URL", &slow.uri())]);
    let clients = (61..261).map(|seconds| {
        let gateway = &gateway;
        async move {
            let url = format!("/uptime-summary-windowed?window={seconds}s");
            get(gateway, &url).await
        }
    });
    let (answers, shared) = tokio::join!(
        futures::future::join_all(clients),
        get(&gateway, "/uptime-summary-windowed?window=1h"),
    );
    assert_eq!(shared.json()["total"]["success"], 2);
    let (answered, rejected): (Vec<_>, Vec<_>) =
        answers.iter().partition(|answer| answer.status == 200);
    // One runs at a time, and the others wait for at most 2 s.
    assert!((1..=4).contains(&answered.len()), "{}", answered.len());
    for answer in rejected {
        let detail = answer.problem(503);
        assert!(detail.contains("5m, 30m, 1h"), "{detail}");
        assert_eq!(answer.headers["retry-after"], "5");
    }
    assert_eq!(requests(&slow).await, answered.len() + 1);
}

#[tokio::test]
async fn identical_queries_are_sent_once() {
    let prometheus = prometheus(&[("http://a/", "success", "2")]).await;
    let gateway = gateway(&[TARGETS, NO_AGENT, ("PROMETHEUS_URL", &prometheus.uri())]);
    let clients = (0..30).map(|_| get(&gateway, "/uptime-summary-windowed?window=5m"));
    let all = futures::future::join_all(clients).await;
    assert!(
        all.iter()
            .all(|answer| answer.json()["total"]["success"] == 2)
    );
    for same in ["5m", "300s", "0h5m"] {
        get(&gateway, &format!("/uptime-summary-windowed?window={same}")).await;
    }
    assert_eq!(requests(&prometheus).await, 1);
    get(&gateway, "/uptime-summary-windowed?window=6m").await;
    assert_eq!(requests(&prometheus).await, 2);
}

#[tokio::test]
async fn without_configured_targets_those_of_the_agents_are_listed_else_those_of_prometheus() {
    let probes = ["https://z/", "shop", "blog"].map(|target| (target, "success", "1"));
    let prometheus = prometheus(&probes).await;
    let agent = agent("ping_target_info{target=\"shop\",url=\"http://shop/\",kind=\"http\"} 1\nping_up{target=\"blog\"} 1\n").await;
    let listed = async |agent: &str| {
        let variables = [
            ("PROMETHEUS_URL", prometheus.uri()),
            ("PING_AGENT_METRICS_URL", agent.to_owned()),
        ];
        let variables = variables
            .each_ref()
            .map(|(name, value)| (*name, value.as_str()));
        let summary = get(&gateway(&variables), "/uptime-summary-windowed")
            .await
            .json();
        let targets = summary["targets"].as_array().unwrap().clone();
        targets
            .iter()
            .map(|target| {
                (
                    target["target"].as_str().unwrap().to_owned(),
                    target["url"].as_str().unwrap().to_owned(),
                )
            })
            .collect::<Vec<_>>()
    };
    let pair = |name: &str, url: &str| (name.to_owned(), url.to_owned());
    assert_eq!(
        listed(&metrics_of(&agent)).await,
        [pair("shop", "http://shop/"), pair("blog", "")]
    );
    assert_eq!(
        listed(&dead_url()).await,
        [
            pair("blog", ""),
            pair("https://z/", "https://z/"),
            pair("shop", "")
        ]
    );
}

#[tokio::test]
async fn targets_that_only_an_unavailable_agent_exports_are_listed_too() {
    let probes = ["b", "z", "a", "c"].map(|target| (target, "failure", "3"));
    let prometheus = prometheus(&probes).await;
    let agent = agent("ping_up{target=\"z\"} 1\nping_up{target=\"b\"} 1\n").await;
    let names = async |agents: &str| {
        let gateway = gateway(&[
            ("PING_AGENT_METRICS_URL", agents),
            ("PROMETHEUS_URL", &prometheus.uri()),
        ]);
        let summary = get(&gateway, "/uptime-summary-windowed").await.json();
        let targets = summary["targets"].as_array().unwrap().iter();
        targets
            .map(|target| target["target"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let here = metrics_of(&agent);
    assert_eq!(names(&here).await, ["z", "b"]);
    let one_unavailable = format!("{here},{}/metrics", dead_url());
    assert_eq!(names(&one_unavailable).await, ["z", "b", "a", "c"]);
}
