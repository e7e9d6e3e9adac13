//! The figures of a young lab are right, and a failure is in the figures of every window soon after the page shows it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests: a panic is the message"
)]

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use gateway_api::availability::WindowedSummary;
use gateway_api::history::{HistoryAnswer, Range, TargetHistory};
use gateway_api::slo::{Slo, WINDOWS};
use gateway_api::status::{State, Status};
use jiff::Timestamp;
use serde_json::json;
use stack_tests::{lab, set_fault};
use test_support::{Lab, get_as, get_text, within};

/// From the moment at which the page shows a target as down: one scrape, one evaluation and the caches.
const FRESH_WITHIN: Duration = Duration::from_secs(45);

/// Recorded windows and others, of pieces of 15 s and of 4 minutes.
const SUMMARY_WINDOWS: [&str; 7] = ["5m", "45m", "1h", "6h", "12h", "7d", "14d"];

async fn history(lab: &Lab, range: Range) -> Option<TargetHistory> {
    let path = format!("/api/v1/history?range={}", range.as_str());
    let answer: HistoryAnswer = get_as(&lab.url("api-gateway", &path)).await?;
    answer.targets.into_iter().find(|it| &*it.target == "demo")
}

/// Returns the names of the figures that do not include a failure of the demo target yet.
async fn without_failure(lab: &Lab) -> BTreeSet<String> {
    let mut stale = BTreeSet::new();
    let mut check = |name: String, includes_it: Option<bool>| {
        if includes_it != Some(true) {
            stale.insert(name);
        }
    };
    for range in Range::SHORTEST {
        let history = history(lab, range).await;
        let overall = history
            .as_ref()
            .map(|it| it.overall.availability_percent < Some(100.0));
        check(format!("history {range:?}"), overall);
        let slot = history.map(|it| it.failures.iter().sum::<f64>() >= 1.0);
        check(format!("slots {range:?}"), slot);
        let page = lab.url(
            "dashboard-ui",
            &format!("/?range={}&search=demo", range.as_str()),
        );
        let page = get_text(&page).await;
        check(
            format!("page {range:?}"),
            page.map(|it| !it.contains(">100.00%")),
        );
    }
    for window in SUMMARY_WINDOWS {
        let path = format!("/uptime-summary-windowed?window={window}");
        let answer: Option<WindowedSummary> = get_as(&lab.url("api-gateway", &path)).await;
        let failed = answer.map(|it| it.summary.total.failures >= 1.0);
        check(format!("summary {window}"), failed);
    }
    let slo: Option<Slo> = get_as(&lab.url("api-gateway", "/api/v1/slo")).await;
    let demo = slo.and_then(|it| it.targets.into_iter().find(|it| &*it.target == "demo"));
    for (index, window) in WINDOWS.iter().enumerate() {
        let failed = demo
            .as_ref()
            .map(|it| it.windows.0[index].figures.failures >= 1.0);
        check(format!("slo {window}"), failed);
        let recorded = format!(
            "target:probes:count{{target=\"demo\",outcome=\"failure\",window=\"{window}\"}} >= 1"
        );
        check(
            format!("recorded {window}"),
            Some(!lab.query(&recorded).await.is_empty()),
        );
    }
    let badge = get_text(&lab.url("dashboard-ui", "/badges/demo/availability.svg")).await;
    check("badge".to_owned(), badge.map(|it| !it.contains("100.00%")));
    stale
}

#[tokio::test]
async fn a_young_lab_is_covered_and_a_failure_is_in_every_window_within_45_s() {
    let started = Timestamp::now();
    let lab = lab().up();
    // A lab that is one minute old.
    let young = || async {
        let demo = history(&lab, Range::Fortnight).await?;
        (demo.success.iter().sum::<f64>() >= 4.0 && demo.overall.coverage_ratio?.is_normal())
            .then_some(demo)
    };
    let (demo, _) = within(Duration::from_secs(120), "a minute of history", young).await;
    assert_eq!(demo.overall.availability.as_deref(), Some("100.00%"));
    assert!(
        demo.overall.coverage_ratio > Some(0.7),
        "{:?}",
        demo.overall
    );
    let since = demo.watched_since.expect("since when it is watched");
    let seconds = since.duration_since(started).as_secs_f64();
    assert!(
        (-1.0..45.0).contains(&seconds),
        "watched since {since}, started {started}"
    );
    for range in Range::SHORTEST {
        let demo = history(&lab, range).await.unwrap();
        assert_eq!(demo.coverage_ratio.len(), range.slots());
        assert!(
            demo.overall.coverage_ratio > Some(0.7),
            "{range:?}: {:?}",
            demo.overall
        );
    }
    let status = || async {
        let status: Status = get_as(&lab.url("api-gateway", "/api/v1/status")).await?;
        status.history_since
    };
    let (first, _) = within(Duration::from_secs(10), "the start of the history", status).await;
    assert!(
        (first.duration_since(started).as_secs_f64()) < 45.0,
        "{first}"
    );

    set_fault(&lab, "ok", &json!({"kind": "status", "status": 503})).await;
    let down = || async {
        let status: Status = get_as(&lab.url("dashboard-ui", "/status.json")).await?;
        let demo = status
            .targets
            .into_iter()
            .find(|it| &*it.target == "demo")?;
        (demo.state == State::Down).then_some(demo)
    };
    let (demo, _) = within(Duration::from_secs(30), "the page shows it as down", down).await;
    assert_eq!(demo.http_status, Some(503));
    let shown = Instant::now();
    let mut stale = BTreeSet::from(["not asked".to_owned()]);
    while !stale.is_empty() && shown.elapsed() < FRESH_WITHIN {
        tokio::time::sleep(Duration::from_secs(1)).await;
        stale = without_failure(&lab).await;
    }
    println!(
        "the failure is in every figure after {:.1} s",
        shown.elapsed().as_secs_f64()
    );
    assert!(
        stale.is_empty(),
        "without the failure after 45 s: {stale:?}"
    );
}
