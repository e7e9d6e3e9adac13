//! Whether `/readyz` tells the truth about the parts, without any reader.
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
use support::{agent_that, in_turn, metrics_of, nobody, sources};
use tokio::time::Instant;
use wiremock::ResponseTemplate;

/// The readiness of a gateway with these variables set.
fn watched(variables: &[(&str, &str)]) -> Readiness {
    let readiness = Readiness::default();
    let latch = readiness.latch("agents", "not asked yet");
    let notice = readiness.notice("blind");
    let gateway = sources(variables);
    tokio::spawn(watch(gateway, latch, notice, Shutdown::never()));
    readiness
}

/// Waits until the reasons not to be ready, or the notices, are as wanted.
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
async fn the_gateway_is_ready_once_an_agent_answers_and_says_why_not_before() {
    let not_yet = ResponseTemplate::new(503);
    let agent = agent_that(in_turn([not_yet, ResponseTemplate::new(200)])).await;
    let readiness = watched(&[
        (
            "PING_AGENT_METRICS_URL",
            &format!("eu={}", metrics_of(&agent)),
        ),
        ("PING_AGENT_CACHE_SECONDS", "0.1"),
    ]);
    until(
        || readiness.reasons(),
        |reason| reason.contains("eu: it answers 503"),
    )
    .await;
    until(|| readiness.reasons(), str::is_empty).await;
    until(|| readiness.notices(), str::is_empty).await;
}

/// Unready it would get no traffic, and could not tell anybody.
#[tokio::test(start_paused = true)]
async fn a_gateway_that_no_agent_answers_becomes_ready_and_says_that_it_is_blind() {
    let away = nobody();
    let started = Instant::now();
    let readiness = watched(&[("PING_AGENT_METRICS_URL", &away), ("PROMETHEUS_URL", &away)]);
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
