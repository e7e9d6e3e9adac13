//! Tests the flake: the checks that no other suite runs, its images in containerd, its apps and its shell.
//!
//! The suite uses the inputs of flake.lock if they can be downloaded, else this machine's own tools (nix/host).

use std::collections::BTreeMap;
use std::process::Command;

use anyhow::bail;
use clap::ValueEnum as _;
use lab::tools::on_path;

use super::Suite;
use crate::steps::Steps;
use crate::test_run::TestRun;
use crate::tools::go::{ACTIONLINT, HELM};
use crate::tools::python::TestTools;
use crate::tools::{nix, packages};

/// The programs that only this suite calls, and their Debian packages.
const PROGRAMS: [(&str, &str); 7] = [
    ("containerd", "containerd"),
    ("ctr", "containerd"),
    ("curl", "curl"),
    ("git", "git"),
    ("ip", "iproute2"),
    ("runc", "runc"),
    ("shellcheck", "shellcheck"),
];

pub fn run(test_run: &TestRun, steps: &mut Steps) -> anyhow::Result<()> {
    if !rustix::process::geteuid().is_root() {
        let why = "containerd, and a nix without its daemon, need root";
        steps.cannot_run("", why, "sudo ./lab test nix");
        return Ok(());
    }
    if !packages::ensure(
        test_run,
        steps,
        &[&nix::HOST_PROGRAMS[..], &PROGRAMS].concat(),
    )? {
        return Ok(());
    }
    let program = nix::program(test_run);
    if program.is_absolute() {
        let why = "the inputs of flake.lock can't be fetched here, so this machine's own tools replaced them (nix/host)";
        steps.cannot_run(
            "the flake with its own inputs",
            why,
            "run it where nix can reach its cache",
        );
    }
    // nix/host uses these servers in place of those in nixpkgs.
    test_run.servers(steps)?;
    if TestTools::get(
        test_run,
        steps,
        "cargo deny, cargo nextest and taplo in the flake's checks",
    )
    .is_none()
    {
        return Ok(());
    }
    ACTIONLINT.get(test_run, steps, "the check of the workflows")?;
    let mut needed = vec![("nixfmt", "install nixfmt")];
    if test_run.weekly {
        HELM.get(test_run, steps, "the checks of the chart")?;
        needed.push(("terraform", "install terraform"));
    }
    for (tool, remedy) in needed {
        let search_path = std::env::var_os("PATH").unwrap_or_default();
        if program.is_absolute() && on_path(&search_path, &[tool]).is_none() {
            steps.cannot_run(
                &format!("the checks that need {tool}"),
                format!("{tool} is not installed"),
                remedy,
            );
        }
    }

    let checks = own_checks(nix::suites_of_checks(test_run, &program)?)?;
    steps.command(
        "the flake's checks that no other suite runs",
        &mut nix::build(test_run, &program, &checks),
    );
    let scripts = test_run.installation.root.join("tests/nix");
    let mut script = |name: &str, script: &str, arguments: &[&str]| {
        let mut command = Command::new(scripts.join(script));
        command
            .arg(&program)
            .args(arguments)
            .current_dir(&test_run.installation.root);
        steps.command(name, &mut command);
    };
    script("each check fails with a broken input", "red-checks", &[]);
    script("the images in containerd", "images", &[]);
    script(
        "apps, shell and a build in another folder",
        "apps-and-shell",
        &[],
    );
    if test_run.weekly {
        script("nix flake check", "flake-check", &[]);
        script(
            "each other check fails with a broken input",
            "red-checks",
            &["weekly"],
        );
    }
    Ok(())
}

/// Returns the checks that this suite runs according to nix/checks.nix.
fn own_checks(suites: BTreeMap<String, String>) -> anyhow::Result<Vec<String>> {
    let mut own_checks = Vec::new();
    for (check, suite) in suites {
        match Suite::from_str(&suite, false) {
            Ok(Suite::Nix) => own_checks.push(check),
            Ok(_) => {}
            Err(_) => bail!(
                "nix/checks.nix assigns {check} to the suite {suite:?}, which does not exist; `./lab test --list` lists the suites"
            ),
        }
    }
    Ok(own_checks)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn suites(suite: &str) -> BTreeMap<String, String> {
        [("lab", "nix"), ("rust-tests", suite)]
            .map(|(check, suite)| (check.to_owned(), suite.to_owned()))
            .into()
    }

    #[test]
    fn checks_of_other_suites_are_left_out_and_unknown_suites_rejected() {
        assert_eq!(own_checks(suites("rust")).unwrap(), ["lab"]);
        let message = own_checks(suites("rest")).unwrap_err().to_string();
        assert!(message.contains("the suite \"rest\""), "{message}");
    }

    #[test]
    fn every_suite_that_a_check_of_the_flake_names_exists() {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../nix/checks.nix");
        let text = std::fs::read_to_string(file).unwrap();
        let named: BTreeMap<String, String> = text
            .lines()
            .filter_map(|line| line.trim().strip_prefix("suite = \"")?.strip_suffix("\";"))
            .map(|suite| (suite.to_owned(), suite.to_owned()))
            .collect();
        assert!(named.len() >= 3, "{named:?}");
        assert_eq!(own_checks(named).unwrap(), [] as [String; 0]);
    }
}
