//! The built services beside real servers.

use crate::steps::Steps;
use crate::tools::python::TestTools;
use crate::workshop::Workshop;

pub fn run(workshop: &Workshop, steps: &mut Steps) -> anyhow::Result<()> {
    let Some(tools) = TestTools::get(workshop, steps, "") else {
        return Ok(());
    };
    // Fetched once, before the labs of the tests all want them.
    workshop.servers(steps)?;

    let arguments = [
        "--filterset=package(stack-tests)",
        "--no-fail-fast",
        // They wait for alerts most of the time.
        "--test-threads=4",
    ];
    let mut command = tools.nextest(workshop, steps, &arguments)?;
    command
        .env("UPTIMEPULSE_BIN_DIR", &workshop.installation.bin_dir)
        .env("UPTIMEPULSE_PYTHON", tools.python());
    steps.command("the stack as its users run it", &mut command);
    Ok(())
}
