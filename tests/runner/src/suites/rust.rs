//! Checks the Rust code: formatting, tests, lints, documentation and dependencies.

use std::process::Command;

use crate::steps::Steps;
use crate::test_run::TestRun;
use crate::tools::python::TestTools;
use crate::tools::{nix, packages};

pub fn run(test_run: &TestRun, steps: &mut Steps) -> anyhow::Result<()> {
    let tools = TestTools::get(test_run, steps, "cargo deny");
    let path = tools.as_ref().map(TestTools::path).transpose()?;
    let cargo = |arguments: &[&str]| {
        let mut command = test_run.cargo();
        command.args(arguments);
        if let Some(path) = &path {
            command.env("PATH", path);
        }
        command
    };
    steps.command("formatting", &mut cargo(&["fmt", "--all", "--check"]));
    // The suite `stack` has the tests that run the built services.
    if let Some(tools) = &tools {
        let not_stack = ["--filterset=not package(stack-tests)", "--no-fail-fast"];
        let mut outside = tools.nextest(test_run, steps, &not_stack)?;
        if let Some(mut inside) = sandboxed_tests(test_run, steps)? {
            steps.command("tests, in Nix's sandbox", &mut inside);
        } else {
            steps.command("tests", &mut outside);
        }
    } else {
        let test = [
            "test",
            "--locked",
            "--workspace",
            "--exclude=stack-tests",
            "--no-fail-fast",
        ];
        steps.command("tests", &mut cargo(&test));
    }
    let clippy = [
        "clippy",
        "--locked",
        "--workspace",
        "--all-targets",
        "--",
        "--deny",
        "warnings",
    ];
    test_run.compile(steps, "lints", &mut cargo(&clippy));
    let mut doc = cargo(&["doc", "--locked", "--workspace", "--no-deps"]);
    doc.env("RUSTDOCFLAGS", "--deny warnings");
    test_run.compile(steps, "documentation", &mut doc);
    if tools.is_some() {
        test_run.compile(
            steps,
            "examples in the documentation",
            &mut cargo(&["test", "--locked", "--workspace", "--doc"]),
        );
        let deny = [
            "deny",
            "--all-features",
            "check",
            "--hide-inclusion-graph",
            "bans",
            "licenses",
            "sources",
        ];
        steps.command("dependencies", &mut cargo(&deny));
    }
    Ok(())
}

/// Returns the command for the flake's check rust-tests, which runs the same tests in Nix's sandbox. `None` if that is
/// impossible, which the summary shows.
fn sandboxed_tests(test_run: &TestRun, steps: &mut Steps) -> anyhow::Result<Option<Command>> {
    let what = "in Nix's sandbox";
    let can_host = cfg!(target_os = "linux") && rustix::process::geteuid().is_root();
    if can_host && !packages::ensure_for(test_run, steps, what, &nix::HOST_PROGRAMS)? {
        return Ok(None);
    }
    let nix = nix::program(test_run);
    if nix.is_absolute() {
        if !can_host {
            steps.cannot_run(
                what,
                "nix can't download the inputs of flake.lock here, and nix/host needs Linux and root",
                "sudo ./lab test rust, or run it where nix can reach its cache",
            );
            return Ok(None);
        }
        if let Err(error) = nix::host_sandbox() {
            steps.cannot_run(
                what,
                format!("{error:#}").replace('\n', " "),
                "run it where user namespaces are allowed",
            );
            return Ok(None);
        }
    }
    Ok(Some(nix::build(test_run, &nix, &["rust-tests"])))
}
