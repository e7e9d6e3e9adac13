//! Targets that never answer took the places of those that do.
//!
//! A stall of a busy machine makes starts late, and a start that is late by a second is missed, too. The exact figures are
//! therefore asserted in paused time, by ping-agent's own tests of its schedule.

use std::future::pending;

use test_support::{answering, server};

use crate::probing::{Agent, OK, Targets};

const EVERY_SECOND: &str = "interval_seconds = 1\ntimeout_seconds = 0.9";

/// 200 targets that never answer beside 200 that do, until these have been probed ten times.
async fn probe_beside_hanging_targets(variables: &[(&str, &str)]) -> crate::probing::Metrics {
    let hanging = server(|stream, _| async move {
        let _open = stream;
        pending().await
    })
    .await;
    let good = answering(OK).await;
    let mut targets = Targets::default();
    for number in 0..200 {
        targets.add(
            &format!("hangs-{number}"),
            &format!("http://{hanging}/"),
            EVERY_SECOND,
        );
        targets.add(
            &format!("good-{number}"),
            &format!("http://{good}/"),
            EVERY_SECOND,
        );
    }
    let agent = Agent::start(&targets, variables);
    agent
        .wait_for("ping_success_total", "target=\"good", 2000.0)
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn targets_that_never_answer_are_missed_before_those_that_do() {
    let metrics = probe_beside_hanging_targets(&[("PING_CONCURRENCY", "100")]).await;
    let account = metrics.account_of("good") + &metrics.account_of("hangs");
    // Without the fair pool, every second of about 2,000 is missed.
    assert!(
        metrics.sum("ping_missed_total", "target=\"good") <= 400.0,
        "{account}"
    );
    assert!(
        metrics.sum("ping_missed_total", "target=\"hangs") >= 500.0,
        "{account}"
    );
    let found_down = metrics.series("ping_failure_total", "target=\"hangs");
    let known = found_down
        .iter()
        .filter(|failures| **failures > 0.0)
        .count();
    assert!(
        known >= 190,
        "{known} of 200 are known to be down: {account}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn with_enough_files_the_pool_refuses_nobody() {
    let metrics = probe_beside_hanging_targets(&[]).await;
    let account = metrics.account_of("good") + &metrics.account_of("hangs");
    let refused = metrics.series("service_limit_refused_total", "limit=\"probes");
    assert_eq!(refused, [0.0, 0.0], "{account}");
    assert!(
        metrics.sum("ping_failure_total", "target=\"hangs") >= 1500.0,
        "{account}"
    );
}
