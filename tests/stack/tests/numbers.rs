//! The gateway, the agent and Prometheus return the same counts for the same moment.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests: a panic is the message"
)]

use std::collections::BTreeMap;
use std::time::Duration;

use gateway_api::availability::WindowedSummary;
use serde_json::{Value, json};
use stack_tests::{lab, set_fault};
use test_support::{Lab, get_as, get_json, get_text, within};

/// Successes and failures by target.
type Counts = BTreeMap<String, (u64, u64)>;

fn whole(number: &Value) -> u64 {
    number.as_u64().expect("a whole number")
}

async fn summary(lab: &Lab) -> Option<Counts> {
    let answer = get_json(&lab.url("api-gateway", "/uptime-summary")).await?;
    let counts = answer["targets"].as_array()?.iter().map(|target| {
        let name = target["target"].as_str().unwrap().to_owned();
        (
            name,
            (whole(&target["success"]), whole(&target["failures"])),
        )
    });
    Some(counts.collect())
}

async fn exposition(lab: &Lab) -> Option<Counts> {
    let text = get_text(&lab.url("ping-agent", "/metrics")).await?;
    let mut counts = Counts::new();
    let of = |line: &str, family: &str| {
        let (target, value) = line
            .strip_prefix(family)?
            .strip_prefix("{target=\"")?
            .split_once("\"} ")?;
        Some((
            target.to_owned(),
            value.parse::<u64>().expect("a whole number"),
        ))
    };
    for line in text.lines() {
        if let Some((target, value)) = of(line, "ping_success_total") {
            counts.entry(target).or_default().0 = value;
        } else if let Some((target, value)) = of(line, "ping_failure_total") {
            counts.entry(target).or_default().1 = value;
        }
    }
    Some(counts)
}

async fn promql(lab: &Lab) -> Option<Counts> {
    let mut counts = Counts::new();
    for series in lab
        .query("{__name__=~\"ping_(success|failure)_total\"}")
        .await
    {
        let target = series["metric"]["target"].as_str()?.to_owned();
        let value: u64 = series["value"][1].as_str()?.parse().ok()?;
        let count = counts.entry(target).or_default();
        match series["metric"]["__name__"].as_str()? {
            "ping_success_total" => count.0 = value,
            _ => count.1 = value,
        }
    }
    Some(counts)
}

#[tokio::test]
async fn summary_exposition_and_promql_agree() {
    // Prometheus scrapes every 15 s. With one target probed every 20 s, each minute has a scrape that no probe follows at
    // once. At such a moment the three can be compared.
    let builder = lab().variable("PING_INTERVAL_SECONDS", "20");
    let target = builder.demo_url("/ok");
    let lab = builder.url(&target).up();
    within(Duration::from_secs(60), "the target was up", || async {
        lab.query("ping_success_total > 0").await.pop()
    })
    .await;
    set_fault(&lab, "ok", &json!({"kind": "status", "status": 500})).await;
    within(Duration::from_secs(60), "a failure was scraped", || async {
        lab.query("ping_failure_total > 0").await.pop()
    })
    .await;

    let (counts, _) = within(Duration::from_secs(90), "the three agree", || async {
        let first = exposition(&lab).await?;
        let (summary, promql, last) = (
            summary(&lab).await?,
            promql(&lab).await?,
            exposition(&lab).await?,
        );
        (first == last && first == summary && first == promql && !first.is_empty()).then_some(first)
    })
    .await;
    let (success, failures) = counts[&target];
    assert!(success > 0 && failures > 0, "{counts:?}");

    // The rules record increases between two evaluations, so a failure is in the window at the next evaluation.
    let window = lab.url("api-gateway", "/uptime-summary-windowed?window=5m");
    within(
        Duration::from_secs(60),
        "the window has the failures",
        || async {
            let answer: WindowedSummary = get_as(&window).await?;
            assert_eq!(answer.window, "5m");
            let target = answer.summary.targets.first()?;
            (target.figures.failures > 0.0).then_some(())
        },
    )
    .await;
}
