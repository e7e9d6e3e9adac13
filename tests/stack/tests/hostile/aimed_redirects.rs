//! A target must not redirect probes to addresses that only the agent can reach.

use test_support::{ScriptedServer, answering};

use crate::namespaces;
use crate::probing::{Agent, OK, Targets};

/// A public address, assigned to loopback.
const PUBLIC: &str = "93.184.215.14";

#[tokio::test(flavor = "multi_thread")]
async fn a_target_on_the_internet_can_not_redirect_probes_to_loopback() {
    let test = "aimed_redirects::a_target_on_the_internet_can_not_redirect_probes_to_loopback";
    if !namespaces::enter(test, &format!("ip address add {PUBLIC}/32 dev lo")) {
        return;
    }
    let inside = ScriptedServer::start(|_, _| OK).await;
    let location = inside.url("/");
    let answer = format!("HTTP/1.1 302 Found\r\nlocation: {location}\r\n\r\n");
    let redirect = answer.clone();
    let outside = ScriptedServer::start_on(PUBLIC, move |_, _| redirect.clone()).await;
    let outside = outside.address;
    let loopback = answering(answer).await;

    let every_second = "interval_seconds = 1\ntimeout_seconds = 0.9";
    let mut targets = Targets::default();
    targets.add("outside", &format!("http://{outside}/"), every_second);
    let agent = Agent::start(&targets, &[]);
    let refused = "target=\"outside\",reason=\"redirect\"";
    agent
        .wait_for("ping_failures_by_reason_total", refused, 3.0)
        .await;
    assert_eq!(inside.heads(), [""; 0]);

    // Redirects that the configuration allows, and redirects of a target on loopback, still work.
    let any = format!("{every_second}\nredirects = 'any'");
    targets.add("allowed", &format!("http://{outside}/"), &any);
    targets.add("inside", &format!("http://{loopback}/"), every_second);
    let agent = Agent::start(&targets, &[]);
    for name in ["allowed", "inside"] {
        let label = format!("target=\"{name}\"");
        agent.wait_for("ping_success_total", &label, 1.0).await;
    }
}
