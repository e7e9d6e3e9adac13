//! Anonymous clients request windows that no other client requests.

use std::collections::BTreeMap;
use std::time::Duration;

use futures::future::join_all;
use lab::plan::PROMETHEUS_QUERIES;
use stack_tests::prometheus::Prometheus;
use stack_tests::start;
use test_support::{client, eventually, get_json, get_text, repository};

const READERS: u32 = 300;

/// Returns a gateway's highest number of concurrent queries: two for the state of the lab, and those of its limits.
fn queries(metrics: &str) -> usize {
    let capacity = |limit: &str| {
        let line = format!("service_limit_capacity{{limit=\"{limit}\"}} ");
        let capacity = metrics.lines().find_map(|it| it.strip_prefix(&line));
        capacity.unwrap().parse::<usize>().unwrap()
    };
    2 + capacity("prometheus_queries") + capacity("prometheus_windows")
}

/// Prometheus is frozen, which polls to its clients like a Prometheus that is busy with two weeks of history.
#[tokio::test]
async fn requests_for_many_windows_do_not_keep_prometheus_from_its_rules() {
    let prometheus = Prometheus::start(&[]).await;
    let gateway = start(
        "api-gateway",
        &[
            (
                "PING_AGENT_METRICS_URL",
                "http://127.0.0.1:1/metrics".to_owned(),
            ),
            ("PING_TARGET_URLS", "http://127.0.0.1:1/".to_owned()),
            ("PROMETHEUS_URL", prometheus.url("")),
        ],
    );
    let shared = gateway.url("/uptime-summary-windowed?window=1h");
    eventually("Prometheus answers", || get_json(&shared)).await;

    prometheus.freeze();
    let client = client();
    let readers = (0..READERS).map(|number| {
        let url = gateway.url(&format!("/uptime-summary-windowed?window={}s", 61 + number));
        let request = client.get(url).send();
        async {
            let answer = request.await.unwrap();
            let retry_after = answer.headers().get("retry-after").cloned();
            (answer.status().as_u16(), retry_after)
        }
    });
    let polls = async {
        let mut most = 0;
        for _ in 0..6 {
            tokio::time::sleep(Duration::from_millis(250)).await;
            most = most.max(prometheus.connections());
        }
        most
    };
    let (answers, most) = tokio::join!(join_all(readers), polls);
    prometheus.thaw();

    let mut by_status = BTreeMap::<u16, u32>::new();
    for (status, retry_after) in &answers {
        *by_status.entry(*status).or_default() += 1;
        assert_eq!(retry_after.is_some(), *status == 503, "{status}");
    }
    println!("{by_status:?}, {most} queries at a time");
    // The windows that are queried answer late. No other request waits for them.
    let rejected = by_status.get(&503).copied().unwrap_or_default();
    assert!(rejected >= READERS - 2, "{by_status:?}");
    let metrics = get_text(&gateway.url("/metrics")).await.unwrap();
    assert!(most <= queries(&metrics), "{most} queries at a time");
    eventually("a window that many clients request is answered", || {
        get_json(&shared)
    })
    .await;
}

/// The number follows from the gateway's limits and is repeated in the lab and the chart.
#[tokio::test]
async fn prometheus_allows_the_queries_of_two_gateways_in_every_environment() {
    let gateway = start(
        "api-gateway",
        &[
            (
                "PING_AGENT_METRICS_URL",
                "http://127.0.0.1:1/metrics".to_owned(),
            ),
            ("PROMETHEUS_URL", "http://127.0.0.1:1".to_owned()),
        ],
    );
    let metrics = get_text(&gateway.url("/metrics")).await.unwrap();
    assert_eq!(2 * queries(&metrics) + 2, PROMETHEUS_QUERIES);
    let template = repository().join("terraform/chart/templates/prometheus.yaml");
    let template = std::fs::read_to_string(template).unwrap();
    let flag = format!("- --query.max-concurrency={PROMETHEUS_QUERIES}\n");
    assert!(template.contains(&flag), "{flag}");
}
