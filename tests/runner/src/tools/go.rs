//! Finds tools without a package in Debian 12 on PATH, else builds them from their Go modules.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Command;

use lab::tools::{on_path, run};

use crate::steps::Steps;
use crate::test_run::TestRun;

/// A program, and its Go module.
#[derive(Debug)]
pub struct GoTool {
    name: &'static str,
    module: &'static str,
}

/// helm. It takes a minute and a half to build, once.
pub const HELM: GoTool = GoTool {
    name: "helm",
    module: "helm.sh/helm/v3/cmd/helm@v3.22.0",
};

/// The linter of the workflows.
pub const ACTIONLINT: GoTool = GoTool {
    name: "actionlint",
    module: "github.com/rhysd/actionlint/cmd/actionlint@v1.7.12",
};

impl GoTool {
    /// Finds or builds the program. `None` if that is impossible; `what` is then recorded as not run.
    pub fn get(
        &self,
        test_run: &TestRun,
        steps: &mut Steps,
        what: &str,
    ) -> anyhow::Result<Option<PathBuf>> {
        let name = self.name;
        let search_path = std::env::var_os("PATH").unwrap_or_default();
        if let Some(program) = on_path(&search_path, &[name]) {
            return Ok(Some(program));
        }
        let folder = folder(test_run);
        let program = folder.join(name);
        if program.is_file() {
            return Ok(Some(program));
        }
        let _tools = steps.wait_for(name, &test_run.go_tools);
        if program.is_file() {
            return Ok(Some(program));
        }
        if on_path(&search_path, &["go"]).is_none() {
            let why = format!("neither {name} nor Go, which could build it, is installed");
            steps.cannot_run(what, why, format!("install {name} or Go"));
            return Ok(None);
        }
        steps.say(&format!("building {name}"));
        let mut go = Command::new("go");
        run(go.env("GOBIN", &folder).args(["install", self.module]))?;
        Ok(Some(program))
    }
}

/// Returns `PATH` followed by the folder of built tools.
pub fn path(test_run: &TestRun) -> anyhow::Result<OsString> {
    let search_path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&search_path).chain([folder(test_run)]);
    Ok(std::env::join_paths(folders)?)
}

fn folder(test_run: &TestRun) -> PathBuf {
    test_run.installation.tools_dir().join("go/bin")
}
