//! `GET /targets`
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

mod support;

use serde_json::json;
use support::{agent, dead_url, gateway, get, metrics_of};

#[tokio::test]
async fn the_files_targets_come_first_then_the_urls_and_no_agent_is_needed() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let toml = "[[target]]\nname = 'shop'\nurl = 'https://u:secret@shop/x'\ntimeout_seconds = 30\n";
    std::fs::write(file.path(), toml).unwrap();
    let gateway = gateway(&[
        ("PING_TARGET_URLS", " http://a/ ,http://b/"),
        ("PING_TARGETS_FILE", file.path().to_str().unwrap()),
        ("PING_AGENT_METRICS_URL", &dead_url()),
    ]);
    assert_eq!(
        get(&gateway, "/targets").await.json(),
        json!({"targets": [
            {"target": "shop", "url": "https://u:xxxxx@shop/x", "kind": "https"},
            {"target": "http://a/", "url": "http://a/", "kind": "http"},
            {"target": "http://b/", "url": "http://b/", "kind": "http"},
        ]})
    );
}

#[tokio::test]
async fn without_configured_targets_the_agents_targets_are_listed() {
    let info = "ping_target_info{target=\"shop\",url=\"https://shop/\",kind=\"https\"} 1\n";
    let agent = agent(info).await;
    let unlisted = gateway(&[("PING_AGENT_METRICS_URL", &metrics_of(&agent))]);
    assert_eq!(
        get(&unlisted, "/targets").await.json(),
        json!({"targets": [{"target": "shop", "url": "https://shop/", "kind": "https"}]})
    );
    let blind = gateway(&[("PING_AGENT_METRICS_URL", &dead_url())]);
    let detail = get(&blind, "/targets").await.problem(502);
    assert!(detail.contains("no ping-agent answers"), "{detail}");
}
