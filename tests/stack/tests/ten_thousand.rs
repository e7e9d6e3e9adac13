//! With 10,000 targets all series are exposed, and none are merged.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests: a panic is the message"
)]

use std::collections::{BTreeMap, BTreeSet};

use gateway_api::availability::Summary;
use stack_tests::start;
use test_support::{eventually, get_as, get_text};

const TARGETS: usize = 10_000;

#[tokio::test]
async fn all_series_are_present() {
    // Nothing listens on port 9, so every probe fails at once on this machine.
    let targets: String = (0..TARGETS)
        .map(|number| {
            format!(
                "[[target]]\nname = \"target-{number}\"\nurl = \"http://127.0.0.1:9/{number}\"\n"
            )
        })
        .collect();
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), targets).unwrap();
    let path = file.path().to_str().unwrap().to_owned();
    let interval = ("PING_INTERVAL_SECONDS", "5".to_owned());
    let agent = start(
        "ping-agent",
        &[("PING_TARGETS_FILE", path.clone()), interval],
    );

    let url = agent.url("/metrics");
    let text = eventually("every target was probed", || async {
        let text = get_text(&url).await?;
        (text.matches("\nping_up{").count() == TARGETS).then_some(text)
    })
    .await;
    let mut by_family: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let mut lines = 0;
    for line in text.lines().filter(|line| line.starts_with("ping_")) {
        let (family, labels) = line.split_once('{').unwrap_or((line, ""));
        if labels.starts_with("target=\"") {
            assert!(
                by_family.entry(family).or_default().insert(labels) || family.is_empty(),
                "twice: {line}"
            );
            lines += 1;
        }
    }
    let once = [
        "ping_success_total",
        "ping_failure_total",
        "ping_maintenance_total",
        "ping_missed_total",
        "ping_up",
        "ping_last_probe_timestamp_seconds",
        "ping_interval_seconds",
        "ping_slo_objective_ratio",
        "ping_maintenance_active",
        "ping_target_info",
        "ping_latency_seconds_count",
        "ping_latency_seconds_sum",
    ];
    for family in once {
        assert_eq!(by_family[family].len(), TARGETS, "{family}");
    }
    assert_eq!(by_family["ping_latency_seconds_bucket"].len(), 12 * TARGETS);
    assert!(lines <= 40 * TARGETS, "{lines} series");
    assert!(!text.contains("otel_"), "no label of OpenTelemetry's");

    let gateway = start(
        "api-gateway",
        &[("PING_AGENT_METRICS_URL", url), ("PING_TARGETS_FILE", path)],
    );
    let url = gateway.url("/uptime-summary");
    let summary: Summary = eventually("the gateway has all targets", || get_as(&url)).await;
    let targets = summary.targets.iter();
    let counted = targets.filter(|target| target.figures.failures > 0.0);
    assert_eq!(counted.count(), TARGETS);
}
