//! The Rust code: what reviewers would ask for before they read it.


use super::Workshop;
use super::python::TestTools;
use super::steps::Steps;

/// The tests that run the built services have a suite of their own.
const STACK_TESTS: &str = "stack-tests";

pub fn run(workshop: &Workshop, steps: &mut Steps) -> anyhow::Result<()> {
    let tools = TestTools::get(workshop, steps, "cargo deny");
    let path = tools.as_ref().map(TestTools::path).transpose()?;
    let cargo = |arguments: &[&str]| {
        let mut command = workshop.cargo();
        command.args(arguments);
        if let Some(path) = &path {
            command.env("PATH", path);
        }
        command
    };
    steps.command("formatting", &mut cargo(&["fmt", "--all", "--check"]));
    let clippy = [
        "clippy",
        "--locked",
        "--workspace",
        "--all-targets",
        "--",
        "--deny",
        "warnings",
    ];
    steps.command("lints", &mut cargo(&clippy));
    if tools.is_some() {
        let nextest = [
            "nextest",
            "run",
            "--locked",
            "--workspace",
            "--exclude",
            STACK_TESTS,
            "--no-fail-fast",
        ];
        steps.command("tests", &mut cargo(&nextest));
        steps.command(
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
    } else {
        let test = [
            "test",
            "--locked",
            "--workspace",
            "--exclude",
            STACK_TESTS,
            "--no-fail-fast",
        ];
        steps.command("tests", &mut cargo(&test));
    }
    let mut doc = cargo(&["doc", "--locked", "--workspace", "--no-deps"]);
    steps.command("documentation", doc.env("RUSTDOCFLAGS", "--deny warnings"));
    Ok(())
}
