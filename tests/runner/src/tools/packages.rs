//! Checks and installs the system packages that a suite needs.

use std::collections::BTreeSet;
use std::process::Command;

use lab::tools::{on_path, run};

use crate::steps::Steps;
use crate::test_run::TestRun;

/// Returns whether these programs are on PATH, each given with its Debian package. Installs missing ones with `--install`,
/// else records that the suite can't run.
pub fn ensure(
    test_run: &TestRun,
    steps: &mut Steps,
    programs: &[(&str, &'static str)],
) -> anyhow::Result<bool> {
    ensure_for(test_run, steps, "", programs)
}

/// Does the same as [`ensure`] for the part `what` of the suite.
pub fn ensure_for(
    test_run: &TestRun,
    steps: &mut Steps,
    what: &str,
    programs: &[(&str, &'static str)],
) -> anyhow::Result<bool> {
    let search_path = std::env::var_os("PATH").unwrap_or_default();
    let missing: Vec<_> = programs
        .iter()
        .filter(|(program, _)| on_path(&search_path, &[program]).is_none())
        .collect();
    if missing.is_empty() {
        return Ok(true);
    }
    let packages: BTreeSet<&str> = missing.iter().map(|(_, package)| *package).collect();
    let packages: Vec<&str> = packages.into_iter().collect();
    if test_run.install {
        install(test_run, steps, &packages)?;
        return Ok(true);
    }
    let programs: Vec<&str> = missing.iter().map(|(program, _)| *program).collect();
    steps.cannot_run(
        what,
        format!("not on PATH: {}", programs.join(", ")),
        format!("--install, or apt-get install {}", packages.join(" ")),
    );
    Ok(false)
}

/// Installs Debian packages into the system. The caller checks `--install`.
pub fn install(test_run: &TestRun, steps: &mut Steps, packages: &[&str]) -> anyhow::Result<()> {
    let _packages = steps.wait_for("the system's packages", &test_run.packages);
    steps.say(&format!("installing {}", packages.join(" ")));
    let apt = |arguments: &[&str]| {
        run(Command::new("apt-get")
            .env("DEBIAN_FRONTEND", "noninteractive")
            .arg("-q")
            .args(arguments))
    };
    apt(&["update"])?;
    apt(&[&["install", "--yes", "--no-install-recommends"], packages].concat()).map(drop)
}
