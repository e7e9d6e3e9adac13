//! Runs Node.js projects of the tests, with packages from npm that package-lock.json pins.

use std::path::{Path, PathBuf};
use std::process::Command;

use lab::tools::run;

use super::packages;
use crate::steps::Steps;
use crate::test_run::TestRun;

/// The oldest supported major version, which is Debian 12's.
const OLDEST: u32 = 18;

/// A copy of the package-lock.json from which node_modules was installed.
const STAMP: &str = ".made-from-package-lock.json";

/// A project with installed packages.
#[derive(Debug)]
pub struct NodeProject {
    folder: PathBuf,
}

impl NodeProject {
    /// Installs the packages of the project in `folder` of the repository. `None` if that is impossible; `what` (empty for
    /// the whole suite) is then recorded as not run.
    pub fn get(
        test_run: &TestRun,
        steps: &mut Steps,
        folder: &str,
        what: &str,
    ) -> anyhow::Result<Option<Self>> {
        let programs = [("node", "nodejs"), ("npm", "npm")];
        if !packages::ensure_for(test_run, steps, what, &programs)? {
            return Ok(None);
        }
        let version = version()?;
        if major(&version).is_none_or(|major| major < OLDEST) {
            steps.cannot_run(
                what,
                format!("Node.js {version} is too old"),
                format!("install Node.js {OLDEST} or newer"),
            );
            return Ok(None);
        }
        let project = Self {
            folder: test_run.installation.root.join(folder),
        };
        if let Err(error) = project.install(steps) {
            steps.cannot_run(
                what,
                format!("{error:#}").replace('\n', " "),
                "run it where npm can download packages",
            );
            return Ok(None);
        }
        Ok(Some(project))
    }

    /// Returns the command `node` in the project's folder.
    pub fn node(&self) -> Command {
        let mut node = Command::new("node");
        node.current_dir(&self.folder);
        node
    }

    /// Returns the files in a folder of the project with this suffix, as sorted paths relative to the project.
    pub fn files(&self, folder: &str, suffix: &str) -> anyhow::Result<Vec<PathBuf>> {
        let mut files = Vec::new();
        for entry in std::fs::read_dir(self.folder.join(folder))? {
            let name = entry?.file_name();
            if name.to_string_lossy().ends_with(suffix) {
                files.push(Path::new(folder).join(name));
            }
        }
        files.sort();
        Ok(files)
    }

    fn install(&self, steps: &Steps) -> anyhow::Result<()> {
        let wanted = std::fs::read(self.folder.join("package-lock.json"))?;
        let stamp = self.folder.join("node_modules").join(STAMP);
        if std::fs::read(&stamp).is_ok_and(|installed| installed == wanted) {
            return Ok(());
        }
        steps.say(&format!(
            "downloading the packages of {}",
            self.folder.display()
        ));
        run(Command::new("npm")
            .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"])
            .current_dir(&self.folder))?;
        // Last: it marks a complete installation.
        Ok(std::fs::write(stamp, wanted)?)
    }
}

fn version() -> anyhow::Result<String> {
    let output = run(Command::new("node").arg("--version"))?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

fn major(version: &str) -> Option<u32> {
    version
        .strip_prefix('v')?
        .split_once('.')
        .and_then(|(major, _)| major.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_major_version_is_the_first_number() {
        assert_eq!(major("v18.20.4"), Some(18));
        assert_eq!(major("nightly"), None);
    }
}
