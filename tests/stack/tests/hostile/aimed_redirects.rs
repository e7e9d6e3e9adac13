//! A target could aim probes at addresses that only the agent can reach.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::AsyncWriteExt as _;

use crate::namespaces;
use crate::probing::{Agent, OK, Targets, answering, server};

/// An address of the internet, on loopback.
const PUBLIC: &str = "93.184.215.14";

#[tokio::test(flavor = "multi_thread")]
async fn a_target_on_the_internet_can_not_aim_probes_at_the_machine_itself() {
    let test = "aimed_redirects::a_target_on_the_internet_can_not_aim_probes_at_the_machine_itself";
    if !namespaces::are_here(test, &format!("ip address add {PUBLIC}/32 dev lo")) {
        return;
    }
    let hits = Arc::<AtomicUsize>::default();
    let counted = Arc::clone(&hits);
    let inside = server("127.0.0.1", move |mut stream| {
        counted.fetch_add(1, Ordering::Relaxed);
        async move { drop(stream.write_all(OK.as_bytes()).await) }
    })
    .await;
    let answer = format!("HTTP/1.1 302 Found\r\nlocation: http://{inside}/\r\n\r\n");
    let outside = answering(PUBLIC, answer.clone()).await;
    let loopback = answering("127.0.0.1", answer).await;

    let every_second = "interval_seconds = 1\ntimeout_seconds = 0.9";
    let mut targets = Targets::default();
    targets.add("outside", &format!("http://{outside}/"), every_second);
    let agent = Agent::start(&targets, &[]).await;
    let refused = "target=\"outside\",reason=\"redirect\"";
    agent
        .wait_for("ping_failures_by_reason_total", refused, 3.0)
        .await;
    assert_eq!(hits.load(Ordering::Relaxed), 0);

    // What the owner of the agent allows, and a target inside, still work.
    let any = format!("{every_second}\nredirects = 'any'");
    targets.add("allowed", &format!("http://{outside}/"), &any);
    targets.add("inside", &format!("http://{loopback}/"), every_second);
    let agent = Agent::start(&targets, &[]).await;
    for name in ["allowed", "inside"] {
        let label = format!("target=\"{name}\"");
        agent.wait_for("ping_success_total", &label, 1.0).await;
    }
}
