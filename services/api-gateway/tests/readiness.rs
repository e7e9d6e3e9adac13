//! Whether `/readyz` tells the truth about the agents, without any reader.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

mod support;

use std::time::Duration;

use api_gateway::agents::{AgentSet, parse_endpoints};
use service_kit::{Readiness, Shutdown};
use support::{agent_that, in_turn, metrics_of};
use wiremock::ResponseTemplate;

#[tokio::test]
async fn the_gateway_is_ready_once_an_agent_answers_and_says_why_not_before() {
    let not_yet = ResponseTemplate::new(503);
    let agent = agent_that(in_turn([not_yet, ResponseTemplate::new(200)])).await;
    let endpoints = parse_endpoints(&format!("eu={}", metrics_of(&agent))).unwrap();
    let agents = AgentSet::new(&endpoints, Duration::from_millis(100)).unwrap();
    let readiness = Readiness::default();
    let latch = readiness.latch("agents", "not asked yet");
    tokio::spawn(async move { agents.watch(latch, Shutdown::never()).await });

    let until = async |wanted: &dyn Fn(&str) -> bool| loop {
        let reasons: String = readiness
            .reasons()
            .into_iter()
            .map(|(_, reason)| reason)
            .collect();
        if wanted(&reasons) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    };
    let both = async {
        until(&|reason| reason.contains("eu: it answers 503")).await;
        until(&str::is_empty).await;
    };
    tokio::time::timeout(Duration::from_secs(10), both)
        .await
        .expect("ready");
}
