//! `GET /api/v1/status`
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

mod support;

use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use support::{
    TARGETS, agent, agent_that, alert_logger, answers, ask_with, dead_url, exposition, gateway,
    get, history, in_turn, metrics_of, proof, source, states, targets_file, vector,
};
use wiremock::{MockServer, ResponseTemplate};

#[tokio::test]
async fn everything_the_page_shows_is_in_one_answer() {
    let targets = [
        ("http://up/", 1, 2.0),
        ("http://down/", 0, 3.0),
        ("http://stale/", 1, 50.0),
    ];
    let agent = agent(&exposition(&targets)).await;
    let prometheus = MockServer::start().await;
    let latency = vector(&[("http://up/", "0.0123"), ("http://down/", "NaN")]);
    answers(&prometheus, "rate(ping_latency_seconds_sum[5m])", latency).await;
    answers(&prometheus, "timestamp(up)", proof(3, 9, 3)).await;
    let alert_logger = alert_logger(history(&json!([]), Some(30))).await;
    let gateway = gateway(&[
        TARGETS,
        ("PING_AGENT_METRICS_URL", &metrics_of(&agent)),
        ("PROMETHEUS_URL", &prometheus.uri()),
        ("ALERT_LOGGER_URL", &alert_logger.uri()),
    ]);
    let answer = get(&gateway, "/api/v1/status").await;
    assert_eq!(answer.status, 200);
    let status = answer.json();
    assert_eq!(
        status["sources"],
        json!([
            {"name": "ping-agent", "ok": true, "detail": null},
            {"name": "prometheus", "ok": true, "detail": null},
            {"name": "alert-logger", "ok": true, "detail": null},
        ])
    );
    assert_eq!(status["state"], "down");
    assert_eq!(
        status["counts"],
        json!({"up": 1, "down": 1, "maintenance": 0, "unknown": 2})
    );
    assert_eq!(status["blind"], json!(null));
    assert_eq!(
        (&status["total"], &status["next"]),
        (&json!(4), &json!(null))
    );
    assert_eq!(states(&status), ["up", "down", "unknown", "unknown"]);
    let up = &status["targets"][0];
    assert_eq!(up["kind"], "http");
    assert_eq!(up["latency_seconds"], 0.0123);
    assert_eq!(up["interval_seconds"], 15.0);
    assert_eq!(
        (&up["success"], &up["availability"]),
        (&json!(1), &json!("50.00%"))
    );
    assert_eq!(up["last_probe_at"], status["newest_observation_at"]);
    let probed: Timestamp = up["last_probe_at"].as_str().unwrap().parse().unwrap();
    let made: Timestamp = status["generated_at"].as_str().unwrap().parse().unwrap();
    let age = made.duration_since(probed).as_secs_f64();
    assert!((2.0..30.0).contains(&age), "{age}");
    assert_eq!(
        status["targets"][3],
        json!({"target": "http://new/", "url": "http://new/", "kind": "http", "state": "unknown", "was": null,
            "success": 0, "failures": 0, "availability": null, "availability_percent": null,
            "latency_seconds": null, "last_probe_at": null, "interval_seconds": null, "group": null,
            "since": null, "reason": null, "maintenance": null, "certificate_not_after": null,
            "slo_objective": 0.999, "latency_objective_seconds": null})
    );
    assert_eq!(status["targets"][1]["latency_seconds"], json!(null));
}

#[tokio::test]
async fn without_any_source_every_state_is_unknown() {
    let dead_url = dead_url();
    let gateway = gateway(&[
        TARGETS,
        ("PING_AGENT_METRICS_URL", &dead_url),
        ("PROMETHEUS_URL", &dead_url),
    ]);
    let answer = get(&gateway, "/api/v1/status").await;
    assert_eq!(answer.status, 200);
    let status = answer.json();
    assert_eq!(status["state"], "unknown");
    assert_eq!(status["newest_observation_at"], json!(null));
    assert_eq!(states(&status), ["unknown"; 4]);
    for name in ["ping-agent", "prometheus", "alert-logger"] {
        assert_eq!(source(&status, name)["ok"], false, "{name}");
    }
    let reasons: Vec<_> = status["blind"]["reasons"]
        .as_array()
        .unwrap()
        .iter()
        .collect();
    assert_eq!(
        reasons.len(),
        2,
        "alert-logger is not configured: {reasons:?}"
    );
    assert_eq!(reasons[0]["part"], "ping-agent");
    assert_eq!(reasons[1]["part"], "prometheus");
    let unset = source(&status, "alert-logger")["detail"].as_str().unwrap();
    assert!(unset.contains("ALERT_LOGGER_URL"), "{unset}");
}

#[tokio::test]
async fn one_of_two_agents_that_sees_a_target_down_is_enough_and_the_missing_one_is_named() {
    let eu = agent(&exposition(&[
        ("http://up/", 1, 2.0),
        ("http://down/", 1, 2.0),
    ]))
    .await;
    let us = agent(&exposition(&[
        ("http://up/", 1, 2.0),
        ("http://down/", 0, 2.0),
    ]))
    .await;
    let agents = format!(
        "eu={},us={},asia={}",
        metrics_of(&eu),
        metrics_of(&us),
        dead_url()
    );
    let gateway = gateway(&[
        ("PING_TARGET_URLS", "http://up/,http://down/"),
        ("PING_AGENT_METRICS_URL", &agents),
    ]);
    let status = get(&gateway, "/api/v1/status").await.json();
    assert_eq!(states(&status), ["up", "down"]);
    assert_eq!(status["targets"][0]["success"], 2);
    assert_eq!(source(&status, "eu")["ok"], true);
    assert_eq!(source(&status, "asia")["ok"], false);
}

#[tokio::test]
async fn a_prometheus_that_hangs_does_not_hold_up_the_page() {
    let agent = agent(&exposition(&[("http://up/", 1, 2.0)])).await;
    let prometheus = MockServer::start().await;
    answers(
        &prometheus,
        "",
        vector(&[]).set_delay(Duration::from_secs(30)),
    )
    .await;
    let gateway = gateway(&[
        ("PING_TARGET_URLS", "http://up/"),
        ("PING_AGENT_METRICS_URL", &metrics_of(&agent)),
        ("PROMETHEUS_URL", &prometheus.uri()),
    ]);
    let started = Instant::now();
    let status = get(&gateway, "/api/v1/status").await.json();
    assert!(started.elapsed() < Duration::from_secs(10));
    assert_eq!(status["state"], "unknown");
    let detail = source(&status, "prometheus")["detail"].as_str().unwrap();
    assert!(detail.contains("1 s"), "{detail}");
    assert_eq!(status["blind"]["reasons"][0]["part"], "prometheus");
}

#[tokio::test]
async fn settings_of_the_targets_file_are_shown() {
    let now = Timestamp::now();
    let (start, end) = (
        now - SignedDuration::from_hours(1),
        now + SignedDuration::from_hours(1),
    );
    let file = targets_file(&format!(
        "[[target]]\nname = 'shop'\nurl = 'https://shop/'\ngroup = 'Payments'\n\
         slo_objective = 0.99\nlatency_objective_seconds = 0.5\n\
         [[target.maintenance]]\nstart = {start:.0}\nend = {end:.0}\nreason = 'Upgrade'\n\
         [[target]]\nname = 'blog'\nurl = 'http://blog/'\n"
    ));
    let text = exposition(&[("shop", 0, 2.0), ("blog", 0, 2.0)])
        + "ping_tls_not_after_timestamp_seconds{target=\"shop\"} 1800000000\n\
           ping_failures_by_reason_total{target=\"shop\",reason=\"tls\"} 1\n\
           ping_failures_by_reason_total{target=\"blog\",reason=\"timeout\"} 1\n";
    let agent = agent(&text).await;
    let gateway = gateway(&[
        ("PING_TARGETS_FILE", file.path().to_str().unwrap()),
        ("PING_AGENT_METRICS_URL", &metrics_of(&agent)),
    ]);
    let status = get(&gateway, "/api/v1/status").await.json();
    let (shop, blog) = (&status["targets"][0], &status["targets"][1]);
    assert_eq!(shop["state"], "maintenance");
    assert_eq!(shop["maintenance"]["reason"], "Upgrade");
    assert_eq!(shop["since"], shop["maintenance"]["start"]);
    assert_eq!(shop["reason"], json!(null));
    assert_eq!(shop["certificate_not_after"], "2027-01-15T08:00:00Z");
    assert_eq!(shop["slo_objective"], 0.99);
    assert_eq!(shop["latency_objective_seconds"], 0.5);
    assert_eq!(
        (&blog["state"], &blog["reason"]),
        (&json!("down"), &json!("timeout"))
    );
    assert_eq!(status["groups"], json!(["Payments"]));
    assert_eq!(status["state"], "down");

    let payments = get(&gateway, "/api/v1/status?search=PAYM&limit=1")
        .await
        .json();
    assert_eq!(
        (&payments["total"], &payments["targets"][0]["target"]),
        (&json!(1), &json!("shop"))
    );
    assert_eq!(
        payments["counts"], status["counts"],
        "all targets count on every page"
    );
    let first = get(&gateway, "/api/v1/status?limit=1").await.json();
    assert_eq!(first["next"], "0,shop");
    let rest = get(&gateway, "/api/v1/status?limit=1&after=0,shop")
        .await
        .json();
    assert_eq!(
        (&rest["targets"][0]["target"], &rest["next"]),
        (&json!("blog"), &json!(null))
    );
    let detail = get(&gateway, "/api/v1/status?state=green")
        .await
        .problem(400);
    assert_eq!(
        detail,
        "state is \"green\"; allowed: up, down, maintenance, unknown"
    );
}

#[tokio::test]
async fn a_change_has_its_time_and_its_reason() {
    let reasons = |dns, tls| {
        format!(
            "ping_failures_by_reason_total{{target=\"a\",reason=\"dns\"}} {dns}\n\
             ping_failures_by_reason_total{{target=\"a\",reason=\"tls\"}} {tls}\n"
        )
    };
    let response = |text: String| ResponseTemplate::new(200).set_body_string(text);
    let down = exposition(&[("a", 0, 1.0)]) + &reasons(3, 2);
    let agent = agent_that(in_turn([
        response(exposition(&[("a", 1, 9.0)]) + &reasons(3, 1)),
        response(down.clone()),
    ]))
    .await;
    let gateway = gateway(&[
        ("PING_AGENT_METRICS_URL", &metrics_of(&agent)),
        ("PING_AGENT_CACHE_SECONDS", "0"),
    ]);
    let before = get(&gateway, "/api/v1/status").await.json();
    assert_eq!(before["targets"][0]["since"], json!(null));
    let after = get(&gateway, "/api/v1/status").await.json();
    let target = &after["targets"][0];
    assert_eq!(target["since"], target["last_probe_at"]);
    assert_eq!(target["reason"], "tls");
}

#[tokio::test]
async fn an_unchanged_answer_is_304() {
    let agent = agent(&exposition(&[("http://up/", 1, 2.0)])).await;
    let gateway = gateway(&[("PING_AGENT_METRICS_URL", &metrics_of(&agent))]);
    let first = get(&gateway, "/api/v1/status").await;
    assert_eq!(first.headers["cache-control"], "no-cache");
    let tag = first.headers["etag"].to_str().unwrap();
    let again = ask_with(&gateway, "/api/v1/status", &[("if-none-match", tag)]).await;
    assert_eq!((again.status.as_u16(), again.text.as_str()), (304, ""));
    assert_eq!(again.headers["etag"], first.headers["etag"]);
    let page = ask_with(
        &gateway,
        "/api/v1/status?state=down",
        &[("if-none-match", tag)],
    )
    .await;
    assert_eq!(page.status, 200);
}

/// The agent's last answer does not give the current state, but the time of the newest probe.
#[tokio::test]
async fn targets_of_an_unavailable_agent_are_unknown_and_keep_their_times() {
    let response = ResponseTemplate::new(200).set_body_string(exposition(&[("a", 1, 2.0)]));
    let agent = agent_that(in_turn([response, ResponseTemplate::new(503)])).await;
    let gateway = gateway(&[
        ("PING_AGENT_METRICS_URL", &metrics_of(&agent)),
        ("PING_AGENT_CACHE_SECONDS", "0"),
    ]);
    let before = get(&gateway, "/api/v1/status").await.json();
    let after = get(&gateway, "/api/v1/status").await.json();
    let target = &after["targets"][0];
    assert_eq!(
        (&before["state"], &after["state"]),
        (&json!("up"), &json!("unknown"))
    );
    assert_eq!(
        after["newest_observation_at"],
        before["newest_observation_at"]
    );
    assert_eq!(target["since"], before["newest_observation_at"]);
    assert_eq!(target["availability"], json!(null));
    assert_eq!(after["blind"]["reasons"][0]["part"], "ping-agent");
}
