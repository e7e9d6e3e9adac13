//! The flake: the checks that no other suite runs, its images in containerd, its apps and its shell.
//!
//! With the inputs of flake.lock where they can be had, else with this machine's own tools in their place (nix/host).

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use anyhow::{Context as _, bail};
use clap::ValueEnum as _;

use crate::tools::go::{ACTIONLINT, HELM};
use crate::tools::packages;
use crate::tools::python::TestTools;
use crate::steps::Steps;
use super::Suite;
use crate::workshop::Workshop;
use lab::tools::{self, on_path};

/// Programs that only this suite calls.
const PROGRAMS: [(&str, &str); 7] = [
    ("containerd", "containerd"),
    ("ctr", "containerd"),
    ("curl", "curl"),
    ("git", "git"),
    ("ip", "iproute2"),
    ("runc", "runc"),
    ("shellcheck", "shellcheck"),
];

pub fn run(workshop: &Workshop, steps: &mut Steps) -> anyhow::Result<()> {
    if !rustix::process::geteuid().is_root() {
        let why = "containerd, and a nix without its daemon, need root";
        steps.cannot_run("", why, "sudo ./lab test nix");
        return Ok(());
    }
    if !packages::ensure(workshop, steps, &[&HOST_PROGRAMS[..], &PROGRAMS].concat())? {
        return Ok(());
    }
    let nix = program(workshop);
    if nix.is_absolute() {
        let why = "the inputs of flake.lock can't be fetched here, so this machine's own tools stood in their place (nix/host)";
        steps.cannot_run(
            "the flake with its own inputs",
            why,
            "run it where nix reaches its cache",
        );
    }
    // What nix/host puts in nixpkgs' place, beside what is on PATH.
    workshop.servers(steps)?;
    if TestTools::get(
        workshop,
        steps,
        "cargo deny, cargo nextest and taplo in the flake's checks",
    )
    .is_none()
    {
        return Ok(());
    }
    ACTIONLINT.get(workshop, steps, "the check of the workflows")?;
    let mut needed = vec![("nixfmt", "install nixfmt")];
    if workshop.weekly {
        HELM.get(workshop, steps, "the checks of the chart")?;
        needed.push(("terraform", "install terraform"));
    }
    for (tool, way_out) in needed {
        let search_path = std::env::var_os("PATH").unwrap_or_default();
        if nix.is_absolute() && on_path(&search_path, &[tool]).is_none() {
            steps.cannot_run(
                &format!("the checks that need {tool}"),
                format!("there is no {tool} here"),
                way_out,
            );
        }
    }

    let checks = unclaimed(workshop, &nix)?;
    steps.command(
        "the flake's checks that no other suite runs",
        &mut build(workshop, &nix, &checks),
    );
    let scripts = workshop.installation.root.join("tests/nix");
    let mut script = |name: &str, script: &str, arguments: &[&str]| {
        let mut command = Command::new(scripts.join(script));
        command
            .arg(&nix)
            .args(arguments)
            .current_dir(&workshop.installation.root);
        steps.command(name, &mut command);
    };
    script(
        "something broken turns its own check red",
        "red-checks",
        &[],
    );
    script("the images in containerd", "images", &[]);
    script(
        "apps, shell and a build in another folder",
        "apps-and-shell",
        &[],
    );
    if workshop.weekly {
        script("nix flake check", "flake-check", &[]);
        script(
            "something broken turns each other check red",
            "red-checks",
            &["weekly"],
        );
    }
    Ok(())
}

/// The checks that belong to this suite: those that name no other in nix/checks.nix. All are evaluated for that.
fn unclaimed(workshop: &Workshop, nix: &Path) -> anyhow::Result<Vec<String>> {
    let mut command = nix_command(workshop, nix);
    command.args(["eval", "--json", &checks_of_this_system(), "--apply"]);
    command.arg("builtins.mapAttrs (_: check: builtins.seq check.drvPath check.suite)");
    let answer = tools::run(&mut command).context("the flake's checks can't be evaluated")?;
    let suites: BTreeMap<String, String> = serde_json::from_slice(&answer.stdout)
        .context("nix eval printed something else than the suites of the checks")?;
    let mut unclaimed = Vec::new();
    for (check, suite) in suites {
        match Suite::from_str(&suite, false) {
            Ok(Suite::Nix) => unclaimed.push(check),
            Ok(_) => {}
            Err(_) => bail!(
                "nix/checks.nix says that {check} is run by the suite {suite:?}, and there is none: ./lab test --list"
            ),
        }
    }
    Ok(unclaimed)
}
