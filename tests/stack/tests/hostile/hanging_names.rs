//! Names whose name server hangs must not make healthy names fail.

use test_support::answering;
use tokio::net::UdpSocket;

use crate::namespaces;
use crate::probing::{Agent, OK, Targets};

/// Replaces the hosts file, and makes 127.0.0.1 the name server.
const SET_UP: &str = "
folder=$(mktemp -d)
mount -t tmpfs none $folder
echo '127.0.0.1 healthy localhost' > $folder/hosts
echo 'nameserver 127.0.0.1' > $folder/resolv.conf
mount --bind $folder/hosts /etc/hosts
mount --bind $folder/resolv.conf /etc/resolv.conf";

#[tokio::test(flavor = "multi_thread")]
async fn names_whose_name_server_hangs_leave_the_hosts_file_and_addresses_alone() {
    let test =
        "hanging_names::names_whose_name_server_hangs_leave_the_hosts_file_and_addresses_alone";
    if !namespaces::enter(test, SET_UP) {
        return;
    }
    // Receives queries and answers none.
    let _name_server = UdpSocket::bind("127.0.0.1:53").await.unwrap();
    let good = answering(OK).await;
    let port = good.port();
    let mut targets = Targets::default();
    for number in 0..700 {
        let url = format!("http://n{number}.example/");
        targets.add(
            &format!("hangs-{number}"),
            &url,
            "interval_seconds = 2\ntimeout_seconds = 1.5",
        );
    }
    for number in 0..45 {
        let every_second = "interval_seconds = 1\ntimeout_seconds = 0.9";
        targets.add(
            &format!("named-{number}"),
            &format!("http://healthy:{port}/"),
            every_second,
        );
        targets.add(
            &format!("literal-{number}"),
            &format!("http://{good}/"),
            every_second,
        );
    }
    let agent = Agent::start(&targets, &[]);
    let metrics = agent
        .wait_for("ping_success_total", "target=\"named", 450.0)
        .await;
    let account = ["named", "literal", "hangs"]
        .map(|prefix| metrics.account_of(prefix))
        .concat();
    for prefix in ["named", "literal"] {
        let labels = format!("target=\"{prefix}");
        assert_eq!(metrics.sum("ping_failure_total", &labels), 0.0, "{account}");
        // If the machine stalls, a few probes may be missed.
        assert!(
            metrics.sum("ping_missed_total", &labels) <= 9.0,
            "{account}"
        );
    }
    // 512 lookups can run at a time. Probes without one are missed, not failed.
    assert!(
        metrics.sum("ping_missed_total", "target=\"hangs") >= 100.0,
        "{account}"
    );
    assert!(
        metrics.sum("ping_failure_total", "target=\"hangs") >= 100.0,
        "{account}"
    );
}
