//! Tests the whole stack on its own real Kubernetes, from `terraform apply` to `terraform destroy`.

use std::ffi::OsString;
use std::path::Path;
use std::process::Command;

use lab::tools::on_path;

use super::terraform;
use crate::steps::Steps;
use crate::test_run::TestRun;
use crate::tools::go::HELM;
use crate::tools::providers::{Providers, copy_configuration};
use crate::tools::python::TestTools;
use crate::tools::{nix, packages};

/// The programs of the node besides Kubernetes, and their Debian packages.
const PROGRAMS: [(&str, &str); 18] = [
    ("/usr/lib/cni/bridge", "containernetworking-plugins"),
    ("conntrack", "conntrack"),
    ("containerd", "containerd"),
    ("ctr", "containerd"),
    ("curl", "curl"),
    ("etcd", "etcd-server"),
    ("gcc", "gcc"),
    ("git", "git"),
    ("ip", "iproute2"),
    ("ipset", "ipset"),
    ("iptables", "iptables"),
    ("jq", "jq"),
    ("nix", "nix-bin"),
    ("nsenter", "util-linux"),
    ("openssl", "openssl"),
    ("python3", "python3"),
    ("runc", "runc"),
    ("socat", "socat"),
];

/// The network of the tests' node while it is up.
const NETWORK: &str = "/run/netns/cluster-tests";

pub fn run(test_run: &TestRun, steps: &mut Steps) -> anyhow::Result<()> {
    if !cfg!(target_os = "linux") || !rustix::process::geteuid().is_root() {
        let why = "a Kubernetes node needs Linux and root";
        steps.cannot_run("", why, "sudo ./lab test cluster");
        return Ok(());
    }
    if !terraform::is_installed(steps, "") || !has_go(steps) {
        return Ok(());
    }
    if !packages::ensure(test_run, steps, &PROGRAMS)? || HELM.get(test_run, steps, "")?.is_none() {
        return Ok(());
    }
    let Some(tools) = TestTools::get(test_run, steps, "") else {
        return Ok(());
    };
    // nix/host uses these servers in place of those in nixpkgs.
    test_run.servers(steps)?;
    let copy = tempfile::tempdir()?;
    let folder = copy_configuration(test_run, copy.path())?;
    let Some(providers) = Providers::init(
        test_run,
        steps,
        &folder,
        "terraform apply and destroy",
        "kubectl and helm applied the objects of `terraform plan`",
    )?
    else {
        return Ok(());
    };

    let root = &test_run.installation.root;
    let kube_node = root.join("tests/cluster/kube-node/kube-node");
    anyhow::ensure!(
        !Path::new(NETWORK).exists(),
        "the tests' node is already up: wait until the other run ends, or stop the node with KUBE_NODE_NAME=cluster-tests {} down",
        kube_node.display()
    );
    steps.command(
        "Kubernetes is built, which takes minutes the first time",
        // With low priority, because the labs of other suites have deadlines.
        Command::new("nice").arg(&kube_node).arg("build"),
    );
    let arguments = [
        "--filterset=package(cluster-tests)",
        "--run-ignored=only",
        // Shows the output at once.
        "--no-capture",
    ];
    let mut command = tools.nextest(test_run, steps, &arguments)?;
    command
        .env("PATH", path(test_run, &tools)?)
        // The message of a failed step explains more than a backtrace.
        .env("RUST_BACKTRACE", "0")
        .env("UPTIMEPULSE_BIN_DIR", &test_run.installation.bin_dir)
        .env("CARGO_TARGET_DIR", target_dir(test_run));
    match &providers {
        Providers::Real => command.env("UPTIMEPULSE_PROVIDERS", "real"),
        Providers::Schemas(_) => command.env("UPTIMEPULSE_PROVIDERS", "schemas"),
    };
    providers.set(&mut command);
    let nix = nix::program(test_run);
    // Relative, because the test builds in a clone.
    let nix = nix.strip_prefix(root).unwrap_or(&nix);
    steps.command(
        "the stack on a cluster",
        command.env("UPTIMEPULSE_NIX", nix),
    );
    // The test stops the node itself unless it was killed.
    if Path::new(NETWORK).exists() {
        steps.command(
            "the node is taken down",
            Command::new(&kube_node)
                .arg("down")
                .env("KUBE_NODE_NAME", "cluster-tests"),
        );
    }
    Ok(())
}

fn has_go(steps: &mut Steps) -> bool {
    let search_path = std::env::var_os("PATH").unwrap_or_default();
    let is_installed = on_path(&search_path, &["go"]).is_some();
    if !is_installed {
        let why = "Go is not installed, and Kubernetes is built from Go modules";
        steps.cannot_run("", why, "install Go");
    }
    is_installed
}

/// Returns `PATH` for the test, with the tools of this checkout, which nix/host would not find in a clone.
fn path(test_run: &TestRun, tools: &TestTools) -> anyhow::Result<OsString> {
    let fetched = test_run.installation.tools_dir();
    let path = tools.path()?;
    let folders = std::env::split_paths(&path).chain(
        ["go/bin", "prometheus/usr/bin", "alertmanager/usr/bin"].map(|folder| fetched.join(folder)),
    );
    Ok(std::env::join_paths(folders)?)
}

/// Returns cargo's target folder, which the clone uses, too.
fn target_dir(test_run: &TestRun) -> OsString {
    std::env::var_os("CARGO_TARGET_DIR")
        .unwrap_or_else(|| test_run.installation.root.join("target").into_os_string())
}
