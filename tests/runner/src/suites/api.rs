//! Checks the gateway's responses against its OpenAPI description, in a lab with hostile target names.

use std::process::Command;

use lab::part::Part;
use lab::tools::on_path;

use crate::labs;
use crate::steps::Steps;
use crate::test_run::TestRun;
use crate::tools::python::TestTools;

const FOLDER: &str = "tests/api";

pub fn run(test_run: &TestRun, steps: &mut Steps) -> anyhow::Result<()> {
    let Some(tools) = TestTools::get(test_run, steps, "") else {
        return Ok(());
    };
    let path = tools.path()?;
    if on_path(&path, &["schemathesis"]).is_none() {
        steps.cannot_run(
            "",
            "schemathesis needs Python 3.11 or newer",
            "put a newer python3 on PATH",
        );
        return Ok(());
    }
    let folder = test_run.installation.root.join(FOLDER);
    let targets = std::fs::read_to_string(folder.join("hostile.toml"))?;
    let lab = labs::start(&test_run.installation, &targets)?;
    let gateway = lab.url(Part::ApiGateway.name(), "");
    // First, because the second command also reads the alerts that it posts.
    let mut names = Command::new(tools.python());
    names
        .args(["-m", "unittest", "-v", "hostile_names"])
        .env("API_GATEWAY_URL", &gateway)
        .env("ALERT_LOGGER_URL", lab.url(Part::AlertLogger.name(), ""))
        .env("DEMO_TARGET_URL", lab.url(Part::DemoTarget.name(), ""))
        .env("TARGETS_FILE", folder.join("hostile.toml"))
        .current_dir(&folder);
    steps.command("hostile names and labels", &mut names);
    let mut schemathesis = Command::new("schemathesis");
    schemathesis
        .args(["run", &format!("{gateway}/openapi.json")])
        .env("PATH", path)
        .current_dir(&folder);
    steps.command("the gateway's own description", &mut schemathesis);
    Ok(())
}
