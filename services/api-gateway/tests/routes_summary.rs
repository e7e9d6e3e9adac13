//! `GET /uptime-summary`
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

mod support;

use std::time::Duration;

use serde_json::json;
use support::{
    agent, agent_that, ask, dead_url, gateway, get, in_turn, metrics_of, requests, slow_agent,
};
use wiremock::ResponseTemplate;

const TARGETS: (&str, &str) = (
    "PING_TARGET_URLS",
    "http://b/, http://a/, http://u:secret@c/, http://d/",
);

#[tokio::test]
async fn counters_become_availability_in_the_order_of_the_configuration() {
    let agent = agent(
        r#"# TYPE ping_success_total counter
ping_success_total{target="http://a/"} 1999
ping_success_total{target="http://u:xxxxx@c/"} 5
ping_failure_total{target="http://d/"} 0
ping_success_total{target="http://d/"} 0
ping_failure_total{target="http://a/"} 1
ping_success_total{target="http://removed/"} 77
"#,
    )
    .await;
    let gateway = gateway(&[TARGETS, ("PING_AGENT_METRICS_URL", &metrics_of(&agent))]);
    let answer = get(&gateway, "/uptime-summary").await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.headers["content-type"], "application/json");
    assert_eq!(answer.headers["cache-control"], "no-store");
    let target = |target, success: u32, failures: u32, availability, percent| {
        json!({"target": target, "url": target, "success": success, "failures": failures,
            "availability": availability, "availability_percent": percent})
    };
    let null = json!(null);
    assert_eq!(
        answer.json(),
        json!({
            "targets": [
                target("http://b/", 0, 0, null.clone(), null.clone()),
                target("http://a/", 1999, 1, json!("99.95%"), json!(99.95)),
                target("http://u:xxxxx@c/", 5, 0, json!("100.00%"), json!(100.0)),
                target("http://d/", 0, 0, null.clone(), null),
            ],
            "total": {"success": 2004, "failures": 1, "availability": "99.95%",
                "availability_percent": 100.0 * 2004.0 / 2005.0},
            "partial": []
        })
    );
    assert!(
        answer.text.contains("\"success\":1999,"),
        "a whole number has no fraction"
    );
    assert!(!answer.text.contains("secret"));
}

#[tokio::test]
async fn head_is_answered_like_get() {
    let agent = agent("").await;
    let gateway = gateway(&[TARGETS, ("PING_AGENT_METRICS_URL", &metrics_of(&agent))]);
    let answer = ask(&gateway, "HEAD", "/uptime-summary").await;
    assert_eq!((answer.status.as_u16(), answer.text.as_str()), (200, ""));
    assert!(answer.headers["content-length"].to_str().unwrap().len() > 2);
}

#[tokio::test]
async fn without_configured_targets_those_of_the_agents_are_listed() {
    let one = agent(
        r#"ping_target_info{kind="http",target="shop \"ä\"",url="http://shop/"} 1
ping_target_info{kind="http",target="blog",url="http://blog/"} 1
ping_success_total{target="blog"} 3
"#,
    )
    .await;
    let two =
        agent("ping_failure_total{target=\"blog\"} 1\nping_success_total{target=\"https://x/\"} 1")
            .await;
    let agents = format!("{},{}", metrics_of(&one), metrics_of(&two));
    let gateway = gateway(&[("PING_AGENT_METRICS_URL", &agents)]);
    let summary = get(&gateway, "/uptime-summary").await.json();
    let listed: Vec<_> = summary["targets"]
        .as_array()
        .unwrap()
        .iter()
        .map(|target| json!([target["target"], target["url"], target["availability"]]))
        .collect();
    assert_eq!(
        listed,
        [
            json!(["shop \"ä\"", "http://shop/", null]),
            // The sum of both agents.
            json!(["blog", "http://blog/", "75.00%"]),
            json!(["https://x/", "https://x/", "100.00%"]),
        ]
    );
}

#[tokio::test]
async fn an_unavailable_agent_is_named_and_the_others_count() {
    let here = agent("ping_success_total{target=\"http://a/\"} 4\n").await;
    let failing = agent_that(ResponseTemplate::new(503)).await;
    let broken = agent("ping_success_total{target=\"http://a/\n").await;
    let unavailable = dead_url().replace("http://", "http://me:secret@");
    let agents = format!(
        "here={},failing={},broken={},{unavailable}/metrics",
        metrics_of(&here),
        metrics_of(&failing),
        metrics_of(&broken)
    );
    let gateway = gateway(&[TARGETS, ("PING_AGENT_METRICS_URL", &agents)]);
    let answer = get(&gateway, "/uptime-summary").await;
    let summary = answer.json();
    let unavailable = format!("{}/metrics", unavailable.replace("secret", "xxxxx"));
    assert_eq!(
        summary["partial"],
        json!(["failing", "broken", unavailable])
    );
    assert_eq!(summary["total"]["success"], 4);
    assert!(!answer.text.contains("secret"));
}

#[tokio::test]
async fn without_an_agent_it_is_an_error() {
    let failing = agent_that(ResponseTemplate::new(500)).await;
    let agents = format!(
        "eu={},http://u:secret@{}/metrics",
        metrics_of(&failing),
        &dead_url()[7..]
    );
    let gateway = gateway(&[TARGETS, ("PING_AGENT_METRICS_URL", &agents)]);
    let detail = get(&gateway, "/uptime-summary").await.problem(502);
    assert!(
        detail.contains("eu: HTTP status 500") && detail.contains("u:xxxxx@"),
        "{detail}"
    );
    assert!(detail.to_lowercase().contains("refused"), "{detail}");
}

#[tokio::test]
async fn concurrent_requests_share_one_fetch() {
    let text = "ping_success_total{target=\"http://a/\"} 4\n";
    let agent = slow_agent(text, Duration::from_millis(100)).await;
    let gateway = gateway(&[TARGETS, ("PING_AGENT_METRICS_URL", &metrics_of(&agent))]);
    let clients = (0..50).map(|_| get(&gateway, "/uptime-summary"));
    let answers = futures::future::join_all(clients).await;
    assert!(
        answers
            .iter()
            .all(|answer| answer.json()["total"]["success"] == 4)
    );
    assert_eq!(requests(&agent).await, 1);
}

#[tokio::test]
async fn an_unavailable_agents_last_counts_are_included_for_30_s() {
    let text = ResponseTemplate::new(200).set_body_string(
        "ping_success_total{target=\"http://a/\"} 7\nping_up{target=\"http://a/\"} 1\n",
    );
    let agent = agent_that(in_turn([text, ResponseTemplate::new(503)])).await;
    let agents = format!("here={}", metrics_of(&agent));
    let uncached = [
        ("PING_AGENT_METRICS_URL", &*agents),
        ("PING_AGENT_CACHE_SECONDS", "0"),
    ];
    let gateway = gateway(&[TARGETS, uncached[0], uncached[1]]);
    let before = get(&gateway, "/uptime-summary").await.json();
    let mut replaced = get(&gateway, "/uptime-summary").await.json();
    assert_eq!(replaced["partial"], json!(["here"]), "marked as stale");
    replaced["partial"] = json!([]);
    assert_eq!(replaced, before);
    // Only counts are included; the current state is unknown.
    let status = get(&gateway, "/api/v1/status").await.json();
    assert_eq!(status["counts"]["up"], 0, "{status}");

    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(31)).await;
    tokio::time::resume();
    get(&gateway, "/uptime-summary").await.problem(502);
}

#[tokio::test]
async fn without_a_cache_every_answer_is_new_and_a_returning_agent_counts_again() {
    let text = |count: u32| {
        ResponseTemplate::new(200).set_body_string(format!(
            "ping_success_total{{target=\"http://a/\"}} {count}\n"
        ))
    };
    let agent = agent_that(in_turn([
        text(1),
        text(2),
        ResponseTemplate::new(500),
        text(4),
    ]))
    .await;
    let gateway = gateway(&[
        TARGETS,
        ("PING_AGENT_METRICS_URL", &metrics_of(&agent)),
        ("PING_AGENT_CACHE_SECONDS", "0"),
    ]);
    for success in [1, 2] {
        let summary = get(&gateway, "/uptime-summary").await.json();
        assert_eq!(summary["total"]["success"], success);
    }
    let unavailable = get(&gateway, "/uptime-summary").await.json();
    assert_eq!(unavailable["total"]["success"], 2);
    assert_ne!(unavailable["partial"], json!([]));
    let mut summary = unavailable;
    while summary["partial"] != json!([]) {
        // On a busy machine the returning agent may take longer than the timeout after a failure.
        tokio::time::sleep(Duration::from_millis(10)).await;
        summary = get(&gateway, "/uptime-summary").await.json();
    }
    assert_eq!(summary["total"]["success"], 4);
}

#[tokio::test]
async fn a_hanging_agent_delays_answers_only_briefly() {
    let here = agent("ping_success_total{target=\"http://a/\"} 4\n").await;
    let hanging = slow_agent("", Duration::from_secs(30)).await;
    let agents = format!(
        "here={},hanging={}",
        metrics_of(&here),
        metrics_of(&hanging)
    );
    let gateway = gateway(&[TARGETS, ("PING_AGENT_METRICS_URL", &agents)]);
    let _ = get(&gateway, "/uptime-summary").await;
    let started = std::time::Instant::now();
    let summary = get(&gateway, "/uptime-summary").await.json();
    assert_eq!(summary["partial"], json!(["hanging"]));
    assert_eq!(summary["total"]["success"], 4);
    assert!(started.elapsed() < Duration::from_millis(1500));
}

/// The agent's answers take longer than the timeout after a failure, and are not cached.
#[tokio::test]
async fn a_slow_agent_is_used_again_after_a_failure() {
    let slow = ResponseTemplate::new(200)
        .set_body_string("ping_success_total{target=\"http://a/\"} 4\n")
        .set_delay(Duration::from_millis(400));
    let agent = agent_that(in_turn([ResponseTemplate::new(500), slow])).await;
    let gateway = gateway(&[
        TARGETS,
        ("PING_AGENT_METRICS_URL", &metrics_of(&agent)),
        ("PING_AGENT_CACHE_SECONDS", "0"),
    ]);
    get(&gateway, "/uptime-summary").await.problem(502);
    get(&gateway, "/uptime-summary").await.problem(502);
    tokio::time::sleep(Duration::from_millis(600)).await;
    let answer = get(&gateway, "/uptime-summary").await;
    assert_eq!(answer.status, 200, "{}", answer.text);
}
