//! The flake: its checks, its images in containerd, its apps and its shell.
//!
//! With the inputs of flake.lock where they can be had, else with this machine's own tools in their place (nix/host).

use std::path::PathBuf;
use std::process::Command;

use super::Workshop;
use super::go_tools::{ACTIONLINT, HELM};
use super::packages;
use super::python::TestTools;
use super::steps::Steps;
use crate::tools::{self, on_path};

/// Programs that the suite calls, and Debian's packages of them.
const PROGRAMS: [(&str, &str); 9] = [
    ("containerd", "containerd"),
    ("ctr", "containerd"),
    ("curl", "curl"),
    ("git", "git"),
    ("ip", "iproute2"),
    ("jq", "jq"),
    ("nix", "nix-bin"),
    ("runc", "runc"),
    ("shellcheck", "shellcheck"),
];

pub fn run(workshop: &Workshop, steps: &mut Steps) -> anyhow::Result<()> {
    if !rustix::process::geteuid().is_root() {
        let why = "containerd, and a nix without its daemon, need root";
        steps.cannot_run("", why, "sudo ./lab test nix");
        return Ok(());
    }
    if !packages::ensure(workshop, steps, &PROGRAMS)? {
        return Ok(());
    }
    let nix = if real_inputs(workshop) {
        PathBuf::from("nix")
    } else {
        let why = "the inputs of flake.lock can't be fetched here, so this machine's own tools stood in their place (nix/host)";
        steps.cannot_run(
            "the flake with its own inputs",
            why,
            "run it where nix reaches its cache",
        );
        workshop.installation.root.join("nix/host/run")
    };
    // What nix/host puts in nixpkgs' place, beside what is on PATH.
    workshop.servers(steps)?;
    let Some(_) = TestTools::get(
        workshop,
        steps,
        "cargo deny, cargo nextest and taplo in the flake's checks",
    ) else {
        return Ok(());
    };
    HELM.get(workshop, steps, "the checks of the chart")?;
    ACTIONLINT.get(workshop, steps, "the check of the workflows")?;
    for (tool, way_out) in [
        ("nixfmt", "install nixfmt"),
        ("terraform", "install terraform"),
    ] {
        let search_path = std::env::var_os("PATH").unwrap_or_default();
        if nix.is_absolute() && on_path(&search_path, &[tool]).is_none() {
            steps.cannot_run(
                &format!("the checks that need {tool}"),
                format!("there is no {tool} here"),
                way_out,
            );
        }
    }

    let scripts = workshop.installation.root.join("tests/nix");
    for (name, script) in [
        ("nix flake check", "flake-check"),
        ("what is broken turns its own check red", "red-checks"),
        ("the images in containerd", "images"),
        (
            "apps, shell and a build in another folder",
            "apps-and-shell",
        ),
    ] {
        let mut command = Command::new(scripts.join(script));
        command.arg(&nix).current_dir(&workshop.installation.root);
        steps.command(name, &mut command);
    }
    Ok(())
}

/// Whether nix can fetch what flake.lock names, which is a matter of seconds where it can't.
pub(super) fn real_inputs(workshop: &Workshop) -> bool {
    let mut command = Command::new("nix");
    command
        .args(["--extra-experimental-features", "nix-command flakes"])
        .args(["--option", "connect-timeout", "5"])
        .args(["--option", "download-attempts", "1"])
        .args([
            "eval",
            "--no-write-lock-file",
            "--raw",
            ".#formatter.x86_64-linux.name",
        ])
        .current_dir(&workshop.installation.root);
    tools::run(&mut command).is_ok()
}
