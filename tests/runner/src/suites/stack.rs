//! Tests the built services with real servers.

use crate::steps::Steps;
use crate::test_run::TestRun;
use crate::tools::python::TestTools;

pub fn run(test_run: &TestRun, steps: &mut Steps) -> anyhow::Result<()> {
    let Some(tools) = TestTools::get(test_run, steps, "") else {
        return Ok(());
    };
    // Download once, before all labs of the tests need them.
    test_run.servers(steps)?;

    let arguments = [
        "--filterset=package(stack-tests)",
        "--no-fail-fast",
        // The tests mostly wait for alerts.
        "--test-threads=4",
    ];
    let mut command = tools.nextest(test_run, steps, &arguments)?;
    command
        .env("UPTIMEPULSE_BIN_DIR", &test_run.installation.bin_dir)
        .env("UPTIMEPULSE_PYTHON", tools.python());
    steps.command("the stack as its users run it", &mut command);
    Ok(())
}
