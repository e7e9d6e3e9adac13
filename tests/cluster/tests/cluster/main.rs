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

use cluster_tests::{Checkout, Node, Stack, Steps, Variables, succeeds};

/// All steps use one cluster, because its start takes longer than most steps.
#[test]
#[ignore = "starts a Kubernetes node, as root: ./lab test cluster"]
fn the_stack_on_a_cluster() {
    let mut steps = Steps::default();
    let checkout = Checkout::fresh();
    let node = steps.must("a node starts", || Node::up(&checkout));
    steps.must("the flake's images are loaded", || {
        node.load_images(&checkout)
    });

    let variables = Variables::for_node(&node);
    let stack = steps.must("terraform init", || {
        Stack::new(&checkout, &node, variables.clone())
    });
    let begun = Instant::now();
    steps.must("apply", || stack.apply());
    steps.must("every pod is Ready within 3 minutes", || {
        comes_up::every_pod_is_ready(&node, begun);
    });
    steps.step("every volume is bound", || {
        comes_up::every_volume_is_bound(&node)
    });
    steps.step("Prometheus has every target up", || {
        comes_up::every_target_is_up(&node);
    });
    steps.step("the gateway's summary has counts", || {
        comes_up::the_summary_has_counts(&node);
    });

    // The alert needs some time, in which other steps run.
    let fault = alerts::Fault::set(&node);
    steps.step("every container is confined", || {
        hardening::every_container_is_confined(&node);
    });
    steps.step("passwords are in their Secrets and nowhere else", || {
        passwords::nowhere_but_in_secrets(&node, &stack, variables.passwords());
    });
    steps.step(
        "the policies allow the contract's connections and no others",
        || {
            connections::of_the_running_stack(&node);
        },
    );
    steps.step(
        "the API server accepts every variant, and its policies match the contract",
        || {
            variants::are_accepted(&node, &checkout);
        },
    );
    steps.step(
        "a failing target is in alert-logger's log within 150 s",
        || {
            fault.reaches_the_log(&node);
        },
    );

    steps.step(
        "history survives the pods of Prometheus and alert-logger",
        || {
            history::survives(&node);
        },
    );
    drop(fault);
    steps.step(
        "an edited rule and an edited target list are live within 90 s",
        || {
            edits::are_live(&node, &stack, &checkout);
        },
    );
    steps.step("a second apply changes nothing", || {
        assert_eq!(stack.changes(), [""; 0]);
    });
    steps.step(
        "readers get the summary while ping-agent is replaced",
        || {
            agent_replaced::loses_no_answer(&node);
        },
    );
    steps.step("autoscaling keeps the replicas that run", || {
        autoscaling::stops_no_replica(&node, &checkout, &variables);
    });
    steps.step("./lab cluster status", || {
        let bin_dir = std::env::var("UPTIMEPULSE_BIN_DIR")
            .expect("UPTIMEPULSE_BIN_DIR, which ./lab test cluster sets");
        let mut lab = node.command(&format!("{bin_dir}/lab"));
        lab.args(["cluster", "status", "--context", "kube-node"])
            .env("LAB_ROOT", checkout.root());
        succeeds(&mut lab);
    });
    steps.step("helm test", || {
        let mut helm = node.command("helm");
        helm.args([
            "test",
            "uptimepulse",
            "--namespace",
            cluster_tests::NAMESPACE,
        ]);
        succeeds(helm.arg("--timeout=2m"));
    });
    if steps.has_failed() {
        node.explain();
    }
    steps.step("destroy removes everything", || {
        goes::completely(&node, &stack)
    });
    steps.end();
}
