//! Responses that are small as text and large in memory. No real agent or Prometheus of ours sends them, so these tests use
//! stand-ins.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Bytes;
use axum::routing::get;
use gateway_api::availability::Summary;
use gateway_api::status::Status;
use serde_json::Value;
use stack_tests::start;
use test_support::{Service, client, eventually, get_as, get_text, repository};
use tokio::net::TcpListener;

/// Serves the same response at every path, and returns the server's URL.
async fn serve(answer: String) -> String {
    let answer = Bytes::from(answer);
    let router = Router::new().fallback(get(|| async { answer }));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async { axum::serve(listener, router).await });
    url
}

/// Returns the gateway's memory limit in the chart, in bytes.
fn memory_limit() -> u64 {
    let values = repository().join("terraform/chart/values.yaml");
    let values = std::fs::read_to_string(values).unwrap();
    let (_, gateway) = values.split_once("\n  api-gateway:\n").unwrap();
    let (_, limit) = gateway
        .split_once("limits: { cpu: \"1\", memory: ")
        .unwrap();
    let (mebibytes, _) = limit.split_once("Mi }").unwrap();
    mebibytes.parse::<u64>().unwrap() << 20
}

/// Returns the longest of 30 response times of `/healthz`.
async fn slowest_health(gateway: &Service) -> Duration {
    let mut slowest = Duration::ZERO;
    for _ in 0..30 {
        let sent = Instant::now();
        assert!(get_text(&gateway.url("/healthz")).await.is_some());
        slowest = slowest.max(sent.elapsed());
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    slowest
}

#[tokio::test]
async fn an_agent_with_a_million_targets_counts_as_unavailable() {
    let mut text = String::new();
    for number in 0..1_000_000 {
        let _ = writeln!(text, "ping_up{{target=\"t{number}\"}} 1");
    }
    let agents = format!(
        "far={}/metrics,near={}/metrics",
        serve(text).await,
        serve("ping_up{target=\"a\"} 1\nping_success_total{target=\"a\"} 3\n".to_owned()).await
    );
    let gateway = start("api-gateway", &[("PING_AGENT_METRICS_URL", agents)]);
    let (slowest, summary) = tokio::join!(
        slowest_health(&gateway),
        eventually("the counts of the other agent", || async {
            let summary: Summary = get_as(&gateway.url("/uptime-summary")).await?;
            (summary.total.success == 3.0).then_some(summary)
        }),
    );
    assert_eq!(summary.partial, ["far"]);
    let status: Option<Status> = get_as(&gateway.url("/api/v1/status")).await;
    let mut sources = status.unwrap().summary.sources.into_iter();
    let far = sources.find(|source| source.name == "far");
    let detail = far.unwrap().detail.unwrap();
    assert!(detail.ends_with("more than 50000 targets"), "{detail}");
    assert_bounded(&gateway, slowest);
}

#[tokio::test]
async fn a_prometheus_with_hundreds_of_thousands_of_series_costs_no_memory() {
    let mut series = String::new();
    for number in 0..600_000 {
        let comma = if number == 0 { "" } else { "," };
        let _ = write!(
            series,
            r#"{comma}{{"metric":{{"target":"t{number}","outcome":"success","window":"5m"}},"value":[1,"1"]}}"#
        );
    }
    let answer =
        format!(r#"{{"status":"success","data":{{"resultType":"vector","result":[{series}]}}}}"#);
    let agent = serve("ping_up{target=\"a\"} 1\n".to_owned()).await;
    let gateway = start(
        "api-gateway",
        &[
            ("PING_AGENT_METRICS_URL", format!("{agent}/metrics")),
            ("PROMETHEUS_URL", serve(answer).await),
        ],
    );
    let readers = async {
        let mut rejected = String::new();
        for path in [
            "/api/v1/status",
            "/api/v1/phases",
            "/api/v1/slo",
            "/uptime-summary-windowed?window=61s",
            "/uptime-summary-windowed?window=5m",
        ] {
            let answer = client().get(gateway.url(path)).send().await.unwrap();
            rejected = answer.text().await.unwrap();
        }
        serde_json::from_str::<Value>(&rejected).unwrap()
    };
    let (slowest, rejected) = tokio::join!(slowest_health(&gateway), readers);
    let detail = rejected["detail"].as_str().unwrap_or_default();
    assert!(detail.contains("more than 50000 targets"), "{rejected}");
    assert_bounded(&gateway, slowest);
}

fn assert_bounded(gateway: &Service, slowest: Duration) {
    let (peak, limit) = (gateway.process.peak_memory(), memory_limit());
    println!("at most {} MiB; /healthz within {slowest:?}", peak >> 20);
    assert!(peak < limit, "{} MiB, allowed: {}", peak >> 20, limit >> 20);
    assert!(
        slowest < Duration::from_secs(1),
        "/healthz took {slowest:?}"
    );
}
