//! Targets that never answer must not take the slots of those that do.
//!
//! A busy machine starts probes late, and a probe that is a second late is missed, too. ping-agent's own tests of its
//! schedule therefore assert the exact figures in paused time.

use std::future::pending;

use test_support::{answering, server};

use crate::probing::{Agent, OK, Targets};

const EVERY_SECOND: &str = "interval_seconds = 1\ntimeout_seconds = 0.9";

/// Probes 200 targets that never answer and 200 that do, until the latter have been probed ten times.
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
    // Without the fair pool, half of about 2,000 probes are missed.
    assert!(
        metrics.sum("ping_missed_total", "target=\"good") <= 400.0,
        "{account}"
    );
    assert!(
        metrics.sum("ping_missed_total", "target=\"hangs") >= 500.0,
        "{account}"
    );
    let found_down = metrics.series("ping_failure_total", "target=\"hangs");
    let found = found_down
        .iter()
        .filter(|failures| **failures > 0.0)
        .count();
    assert!(
        found >= 190,
        "{found} of 200 are found to be down: {account}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn with_enough_open_files_the_pool_rejects_no_probe() {
    let metrics = probe_beside_hanging_targets(&[]).await;
    let account = metrics.account_of("good") + &metrics.account_of("hangs");
    let rejected = metrics.series("service_limit_refused_total", "limit=\"probes");
    assert_eq!(rejected, [0.0, 0.0], "{account}");
    assert!(
        metrics.sum("ping_failure_total", "target=\"hangs") >= 1500.0,
        "{account}"
    );
}
