//! Checks the dashboards against the types of Grafana's own schema, with TypeScript from npm.

use std::path::Path;

use crate::steps::Steps;
use crate::test_run::TestRun;
use crate::tools::node::NodeProject;

/// The folder of the types.
const FOLDER: &str = "tests/grafana";

/// The name of the check.
const WHAT: &str = "the dashboards against Grafana's schema";

/// Checks the types of the dashboards in `folder`.
pub fn check(test_run: &TestRun, steps: &mut Steps, folder: &Path) -> anyhow::Result<()> {
    if let Some(project) = NodeProject::get(test_run, steps, FOLDER, WHAT)? {
        steps.command(WHAT, project.node().arg("check.js").arg(folder));
    }
    Ok(())
}
