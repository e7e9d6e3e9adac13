//! Checks Terraform's configuration and the chart: formatting, types, tests, and every variant.

use std::path::Path;
use std::process::Command;

use lab::tools::on_path;

use crate::steps::Steps;
use crate::test_run::TestRun;
use crate::tools::go::{self, HELM};
use crate::tools::packages;
use crate::tools::providers::{Providers, copy_configuration};

pub fn run(test_run: &TestRun, steps: &mut Steps) -> anyhow::Result<()> {
    if !packages::ensure(test_run, steps, &[("git", "git")])? {
        return Ok(());
    }
    configuration(test_run, steps)?;
    chart(test_run, steps)
}

fn configuration(test_run: &TestRun, steps: &mut Steps) -> anyhow::Result<()> {
    if !is_installed(steps, "terraform fmt, validate and test") {
        return Ok(());
    }
    let copy = tempfile::tempdir()?;
    let folder = copy_configuration(test_run, copy.path())?;
    let terraform = |arguments: &[&str]| terraform(&folder, arguments);
    steps.command(
        "formatting",
        &mut terraform(&["fmt", "-check", "-diff", "-recursive"]),
    );
    let Some(providers) = Providers::init(
        test_run,
        steps,
        &folder,
        "terraform validate and test with the real providers",
        "stand-ins that only know the schemas replaced them",
    )?
    else {
        return Ok(());
    };
    for (name, command) in [("types", "validate"), ("terraform test", "test")] {
        let mut command = terraform(&[command, "-no-color"]);
        providers.set(&mut command);
        steps.command(name, &mut command);
    }
    lowest_versions(test_run, steps)
}

/// Repeats the checks with the lowest provider versions that versions.tf allows; the registry installs the newest.
fn lowest_versions(test_run: &TestRun, steps: &mut Steps) -> anyhow::Result<()> {
    let copy = tempfile::tempdir()?;
    let folder = copy_configuration(test_run, copy.path())?;
    let what = "terraform validate and test with the lowest versions of the providers";
    let Some(providers) = Providers::lowest(test_run, steps, &folder, what)? else {
        return Ok(());
    };
    for (name, arguments) in [
        ("types, with the lowest versions", &["validate"][..]),
        (
            "terraform test, with the lowest versions",
            // Without the tests whose rejections don't depend on a provider.
            &[
                "test",
                "-filter=tests/monitoring.tftest.hcl",
                "-filter=tests/release.tftest.hcl",
                "-filter=tests/secrets.tftest.hcl",
                "-filter=tests/storage.tftest.hcl",
            ],
        ),
    ] {
        let mut command = terraform(&folder, arguments);
        providers.set(command.arg("-no-color"));
        steps.command(name, &mut command);
    }
    Ok(())
}

fn terraform(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new("terraform");
    command
        .args(arguments)
        .env("CHECKPOINT_DISABLE", "1")
        .current_dir(folder);
    command
}

fn chart(test_run: &TestRun, steps: &mut Steps) -> anyhow::Result<()> {
    let Some(helm) = HELM.get(test_run, steps, "the checks of the chart")? else {
        return Ok(());
    };
    let root = &test_run.installation.root;
    let mut lint = Command::new(helm);
    lint.args([
        "lint",
        "--strict",
        "--values",
        "tests/terraform/tags.yaml",
        "terraform/chart",
    ]);
    steps.command("helm lint", lint.current_dir(root));
    let mut template = Command::new(root.join("tests/terraform/helm-template"));
    steps.command("helm template", template.env("PATH", go::path(test_run)?));
    Ok(())
}

/// Returns whether terraform is installed; records `what` as not run if not.
pub fn is_installed(steps: &mut Steps, what: &str) -> bool {
    let search_path = std::env::var_os("PATH").unwrap_or_default();
    let is_installed = on_path(&search_path, &["terraform"]).is_some();
    if !is_installed {
        let remedy = "install terraform 1.11 or newer, or run it in `nix develop`";
        steps.cannot_run(what, "terraform is not installed", remedy);
    }
    is_installed
}
