//! Targets whose responses never end must not delay the probes of other targets.

use test_support::{answering, request_head, server};
use tokio::io::AsyncWriteExt as _;

use crate::probing::{Agent, OK, Targets};

const EVERY_SECOND: &str = "interval_seconds = 1\ntimeout_seconds = 0.9";
const TEN_A_SECOND: &str = "interval_seconds = 0.1\ntimeout_seconds = 0.09";

#[tokio::test(flavor = "multi_thread")]
async fn twenty_targets_that_send_103_without_end_delay_no_other() {
    let endless = server(|mut stream, _| async move {
        request_head(&mut stream).await;
        // Each response is sent in its own segment and costs the client a read.
        stream.set_nodelay(true).unwrap();
        while stream.write_all(b"HTTP/1.1 103 \r\n\r\n").await.is_ok() {}
    })
    .await;
    let good = answering(OK).await;
    let mut targets = Targets::default();
    for number in 0..20 {
        let url = format!("http://{endless}/");
        targets.add(&format!("endless-{number}"), &url, TEN_A_SECOND);
    }
    for number in 0..100 {
        let url = format!("http://{good}/");
        targets.add(&format!("good-{number}"), &url, EVERY_SECOND);
    }
    let agent = Agent::start(&targets, &[]);
    let good = "target=\"good";
    let metrics = agent.wait_for("ping_success_total", good, 1000.0).await;
    let account = metrics.account_of("good") + &metrics.account_of("endless");
    // If the machine stalls, a few probes may be lost.
    let lost = metrics.sum("ping_missed_total", good) + metrics.sum("ping_failure_total", good);
    assert!(lost <= 10.0, "{account}");
    let failures = metrics.sum("ping_failure_total", "target=\"endless");
    let by_protocol = metrics.sum("ping_failures_by_reason_total", "reason=\"protocol\"");
    assert!(
        failures >= 500.0 && by_protocol >= 0.9 * failures,
        "{by_protocol} protocol errors: {account}"
    );
    let starts = metrics.sum("ping_schedule_lag_seconds_count", "");
    let in_time = metrics.sum("ping_schedule_lag_seconds_bucket", "le=\"0.1\"");
    assert!(
        in_time >= 0.98 * starts,
        "{in_time} of {starts} starts were within 0.1 s"
    );
}
