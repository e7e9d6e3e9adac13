//! Anonymous readers ask for windows that nobody else asks for.

use std::collections::BTreeMap;
use std::time::Duration;

use futures::future::join_all;
use lab::plan::PROMETHEUS_QUERIES;
use stack_tests::prometheus::Prometheus;
use stack_tests::start;
use test_support::{client, eventually, get_json, get_text, repository};

const READERS: u32 = 300;

/// What a gateway allows at most: two questions about the state of the lab, and those of its limits.
fn questions(metrics: &str) -> usize {
    let capacity = |limit: &str| {
        let line = format!("service_limit_capacity{{limit=\"{limit}\"}} ");
        let capacity = metrics.lines().find_map(|it| it.strip_prefix(&line));
        capacity.unwrap().parse::<usize>().unwrap()
    };
    2 + capacity("prometheus_queries") + capacity("prometheus_windows")
}

/// Prometheus is frozen, as one that is busy with two weeks of history seems to be to who asks it.
#[tokio::test]
async fn readers_of_many_windows_do_not_keep_prometheus_from_its_rules() {
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
        let asked = client.get(url).send();
        async {
            let answer = asked.await.unwrap();
            let retry_after = answer.headers().get("retry-after").cloned();
            (answer.status().as_u16(), retry_after)
        }
    });
    let looks = async {
        let mut most = 0;
        for _ in 0..6 {
            tokio::time::sleep(Duration::from_millis(250)).await;
            most = most.max(prometheus.connections());
        }
        most
    };
    let (answers, most) = tokio::join!(join_all(readers), looks);
    prometheus.thaw();

    let mut by_status = BTreeMap::<u16, u32>::new();
    for (status, retry_after) in &answers {
        *by_status.entry(*status).or_default() += 1;
        assert_eq!(retry_after.is_some(), *status == 503, "{status}");
    }
    println!("{by_status:?}, {most} questions at a time");
    // The one that was asked is late; nobody else waits for it.
    let refused = by_status.get(&503).copied().unwrap_or_default();
    assert!(refused >= READERS - 2, "{by_status:?}");
    let metrics = get_text(&gateway.url("/metrics")).await.unwrap();
    assert!(most <= questions(&metrics), "{most} questions at a time");
    eventually("a window that many ask for is answered", || {
        get_json(&shared)
    })
    .await;
}

/// One number in two places; the gateway's limits are where it comes from.
#[tokio::test]
async fn prometheus_has_room_for_the_questions_of_two_gateways_in_every_environment() {
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
    assert_eq!(2 * questions(&metrics) + 2, PROMETHEUS_QUERIES);
    let template = repository().join("terraform/chart/templates/prometheus.yaml");
    let template = std::fs::read_to_string(template).unwrap();
    let flag = format!("- --query.max-concurrency={PROMETHEUS_QUERIES}\n");
    assert!(template.contains(&flag), "{flag}");
}
