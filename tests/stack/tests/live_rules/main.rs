//! The metrics of the agents, the recording rules, the gateway, the page and the dashboard show the same numbers in a running
//! Prometheus with the repository's rules.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests: a panic is the message"
)]

mod alerts;
mod live;
mod readers;
mod recorded;
mod same;

use std::collections::BTreeMap;
use std::time::Duration;

use stack_tests::oracle::Increases;
use test_support::within;

use self::live::{END, Live, STARTED, STOPPED};

#[tokio::test]
async fn agents_rules_gateway_page_and_dashboard_have_the_same_numbers() {
    let mut live = Live::start().await;
    live.until(STOPPED).await;
    live.stop().await;
    live.until(STARTED).await;
    live.prometheus.start_again().await;
    live.until(END).await;
    // Two more evaluations record the last scrapes; then the windows are evaluated once more.
    let (evaluated, _) = within(
        Duration::from_secs(90),
        "the windows are recorded",
        || async {
            let evaluations = live.slo_evaluations().await;
            evaluations.last().copied().filter(|at| *at > END + 2_500)
        },
    )
    .await;
    let clocks = live.clocks().await;
    assert!(clocks.iter().all(|clock| clock.len() > 40), "{clocks:?}");

    let mut increases = BTreeMap::new();
    for target in &live.targets {
        let observations = live.observations(target, &clocks);
        let mut counted = Increases::counted(&observations);
        recorded::check_increases(&live, target, &counted).await;
        recorded::check_truth(
            target,
            &observations,
            counted.over(evaluated, 600, None).counts,
        );
        counted.due = recorded::due(&live, target, &clocks).await;
        increases.insert(target.name.clone(), counted);
    }
    recorded::check_windows(&live, &increases, evaluated).await;
    readers::check(&live, &increases).await;
}
