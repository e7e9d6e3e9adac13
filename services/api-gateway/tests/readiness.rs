//! `/readyz` without requests to other endpoints.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

mod support;

use std::time::Duration;

use api_gateway::tasks::readiness::watch;
use service_kit::{Readiness, Shutdown};
use support::{agent_that, dead_url, in_turn, metrics_of, sources};
use tokio::time::Instant;
use wiremock::ResponseTemplate;

/// Starts a gateway with these variables, and returns its readiness.
fn watched(variables: &[(&str, &str)]) -> Readiness {
    let readiness = Readiness::default();
    let latch = readiness.latch("agents", "not polled yet");
    let notice = readiness.notice("blind");
    let gateway = sources(variables);
    tokio::spawn(watch(gateway, latch, notice, Shutdown::never()));
    readiness
}

/// Waits until the texts (reasons not to be ready, or notices) are as `wanted`, and returns them.
async fn until(
    texts: impl Fn() -> Vec<(&'static str, String)>,
    wanted: impl Fn(&str) -> bool,
) -> String {
    let wait = async {
        loop {
            let texts: String = texts().into_iter().map(|(_, text)| text).collect();
            if wanted(&texts) {
                return texts;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let waited = tokio::time::timeout(Duration::from_secs(20), wait).await;
    waited.expect("as wanted")
}

#[tokio::test]
async fn the_gateway_gives_its_reason_until_an_agent_answers_and_is_then_ready() {
    let unavailable = ResponseTemplate::new(503);
    let agent = agent_that(in_turn([unavailable, ResponseTemplate::new(200)])).await;
    let readiness = watched(&[
        (
            "PING_AGENT_METRICS_URL",
            &format!("eu={}", metrics_of(&agent)),
        ),
        ("PING_AGENT_CACHE_SECONDS", "0.1"),
    ]);
    until(
        || readiness.reasons(),
        |reason| reason.contains("eu: HTTP status 503"),
    )
    .await;
    until(|| readiness.reasons(), str::is_empty).await;
    until(|| readiness.notices(), str::is_empty).await;
}

/// An unready gateway would get no traffic, so it could not report that the lab is blind.
#[tokio::test(start_paused = true)]
async fn a_gateway_without_an_answering_agent_becomes_ready_and_is_blind() {
    let dead_url = dead_url();
    let started = Instant::now();
    let readiness = watched(&[
        ("PING_AGENT_METRICS_URL", &dead_url),
        ("PROMETHEUS_URL", &dead_url),
    ]);
    until(|| readiness.reasons(), str::is_empty).await;
    assert!(started.elapsed() >= Duration::from_secs(10));
    let notice = until(
        || readiness.notices(),
        |notice| notice.contains("Prometheus"),
    )
    .await;
    assert!(
        notice.starts_with("since 2") && notice.contains("no ping-agent answers"),
        "{notice}"
    );
}
