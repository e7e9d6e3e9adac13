//! The dashboards against the types of Grafana's own schema, with npm's TypeScript (tests/grafana).

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context as _;

use super::super::super::Workshop;
use super::super::super::packages;
use super::super::super::steps::Steps;
use crate::tools::run;

/// What is checked, as the summary names it where it can't be.
const WHAT: &str = "the dashboards against Grafana's schema";

/// All of tests/grafana.
const FILES: [&str; 6] = [
    "check.js",
    "dashboard.ts",
    "package-lock.json",
    "package.json",
    "refused.ts",
    "tsconfig.json",
];

/// Checks the types of the dashboards in `folder`.
pub fn check(workshop: &Workshop, steps: &mut Steps, folder: &Path) -> anyhow::Result<()> {
    let node = [("node", "nodejs"), ("npm", "npm")];
    if !packages::ensure_for(workshop, steps, WHAT, &node)? {
        return Ok(());
    }
    match install(workshop) {
        Ok(here) => {
            let mut node = Command::new("node");
            node.arg(here.join("check.js")).arg(folder);
            steps.command(WHAT, &mut node);
        }
        Err(error) => steps.cannot_run(
            WHAT,
            format!("{error:#}").replace('\n', " "),
            "run it where npm reaches its registry",
        ),
    }
    Ok(())
}

/// Copies tests/grafana to where fetched tools are, and puts beside it what its lock file names.
fn install(workshop: &Workshop) -> anyhow::Result<PathBuf> {
    let source = workshop.installation.root.join("tests/grafana");
    let here = workshop.installation.tools_dir().join("grafana");
    fs::create_dir_all(&here)?;
    for name in FILES {
        fs::copy(source.join(name), here.join(name))
            .with_context(|| format!("can't copy {name} of tests/grafana"))?;
    }
    let wanted = fs::read(here.join("package-lock.json"))?;
    let stamp = here.join("installed.json");
    if fs::read(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(here);
    }
    eprintln!("   fetching Grafana's schema into {}", here.display());
    run(Command::new("npm")
        .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"])
        .current_dir(&here))?;
    // Last, so that a folder without it is an unfinished one.
    fs::write(stamp, wanted)?;
    Ok(here)
}
