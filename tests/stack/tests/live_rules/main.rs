//! The same numbers everywhere, in a live Prometheus with the repository's rules: what agents showed, recording rule,
//! gateway, page and dashboard.
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

use stack_tests::oracle::Pieces;
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
    // Two more evaluations, so that all there is to see is seen, and then the next of the windows.
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

    let mut pieces = BTreeMap::new();
    for target in &live.targets {
        let sights = live.sights(target, &clocks);
        let mut counted = Pieces::counted(&sights);
        recorded::check_pieces(&live, target, &counted).await;
        recorded::check_truth(target, &sights, counted.over(evaluated, 600).counts);
        counted.due = recorded::due(&live, target, &clocks).await;
        pieces.insert(target.name.clone(), counted);
    }
    recorded::check_windows(&live, &pieces, evaluated).await;
    readers::check(&live, &pieces).await;
}
