//! The stack on a real Kubernetes, from `terraform apply` to `terraform destroy`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests: a panic is the message"
)]

mod agent_replaced;
mod alerts;
mod autoscaling;
mod comes_up;
mod connections;
mod edits;
mod goes;
mod hardening;
mod history;
mod passwords;
mod variants;

use std::time::Instant;

use cluster_tests::{Checkout, Node, Stack, Story, Variables, succeeds};

/// One story on one cluster: setting it up takes longer than most of what is to be seen on it.
#[test]
#[ignore = "starts a Kubernetes node, as root: ./lab test cluster"]
fn the_stack_on_a_cluster() {
    let mut story = Story::default();
    let checkout = Checkout::fresh();
    let node = story.must("a node comes up", || Node::up(&checkout));
    story.must("the flake's images are loaded", || {
        node.load_images(&checkout)
    });

    let variables = Variables::for_node(&node);
    let stack = story.must("terraform init", || {
        Stack::new(&checkout, &node, variables.clone())
    });
    let begun = Instant::now();
    story.must("apply", || stack.apply());
    story.must("every pod is Ready within 3 minutes", || {
        comes_up::every_pod_is_ready(&node, begun);
    });
    story.step("every volume is bound", || {
        comes_up::every_volume_is_bound(&node)
    });
    story.step("Prometheus has every target up", || {
        comes_up::every_target_is_up(&node);
    });
    story.step("the gateway's summary has numbers", || {
        comes_up::the_summary_has_numbers(&node);
    });

    // It takes its time, in which there is something else to look at.
    let fault = alerts::Fault::set(&node);
    story.step("every container is confined", || {
        hardening::every_container_is_confined(&node);
    });
    story.step("passwords are in their Secrets and nowhere else", || {
        passwords::nowhere_but_in_secrets(&node, &stack, variables.passwords());
    });
    story.step(
        "the policies allow the contract's connections and no others",
        || {
            connections::of_the_running_stack(&node);
        },
    );
    story.step(
        "the API server takes every variant, and its policies hold",
        || {
            variants::are_taken(&node, &checkout);
        },
    );
    story.step(
        "a failing target is a line of alert-logger within 150 s",
        || {
            fault.reaches_the_log(&node);
        },
    );

    story.step(
        "history survives the pods of Prometheus and alert-logger",
        || {
            history::survives(&node);
        },
    );
    drop(fault);
    story.step(
        "an edited rule and an edited target list are live within 90 s",
        || {
            edits::are_live(&node, &stack, &checkout);
        },
    );
    story.step("a second apply changes nothing", || {
        assert_eq!(stack.changes(), [""; 0]);
    });
    story.step(
        "readers get the summary while ping-agent is replaced",
        || {
            agent_replaced::costs_no_answer(&node);
        },
    );
    story.step("autoscaling keeps the replicas that run", || {
        autoscaling::stops_no_replica(&node, &checkout, &variables);
    });
    story.step("./lab cluster status", || {
        let bin_dir = std::env::var("UPTIMEPULSE_BIN_DIR").expect("the suite names it");
        let mut lab = node.command(&format!("{bin_dir}/lab"));
        lab.args(["cluster", "status", "--context", "kube-node"])
            .env("LAB_ROOT", checkout.root());
        succeeds(&mut lab);
    });
    story.step("helm test", || {
        let mut helm = node.command("helm");
        helm.args([
            "test",
            "uptimepulse",
            "--namespace",
            cluster_tests::NAMESPACE,
        ]);
        succeeds(helm.arg("--timeout=2m"));
    });
    if story.has_failed() {
        node.explain();
    }
    story.step("destroy leaves nothing", || goes::completely(&node, &stack));
    story.end();
}
