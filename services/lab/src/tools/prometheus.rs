//! Prometheus and promtool.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context as _;

use super::run;
use super::server::{Location, Server};

const SERVER: Server = Server {
    name: "Prometheus",
    program: "prometheus",
    checker: "promtool",
    package: "prometheus",
};

/// Prometheus' programs.
#[derive(Debug, Clone)]
pub struct PrometheusTool {
    /// `prometheus`.
    pub server: PathBuf,
    /// `promtool`.
    pub promtool: PathBuf,
    /// The value of `--web.local-assets`, a flag of Debian's build, whose web pages are separate files.
    pub web_assets: Option<PathBuf>,
}

impl PrometheusTool {
    pub(super) fn find_or_fetch(
        search_path: &OsStr,
        folder: &Path,
        on_step: &mut dyn FnMut(&str),
    ) -> anyhow::Result<Self> {
        let runs = |root: &Path| Self::unpacked(root).map(drop);
        match SERVER.find_or_fetch(search_path, folder, on_step, runs)? {
            Location::OnPath(server, promtool) => Ok(Self {
                server,
                promtool,
                web_assets: None,
            }),
            Location::Unpacked(root) => Self::unpacked(&root),
        }
    }

    fn unpacked(root: &Path) -> anyhow::Result<Self> {
        let server = root.join("usr/bin/prometheus");
        let help = run(Command::new(&server).arg("--help"))?;
        // kingpin, its flag parser, prints help on stderr in some versions and on stdout in others.
        let has_flag = [help.stdout, help.stderr]
            .iter()
            .any(|text| String::from_utf8_lossy(text).contains("--web.local-assets"));
        Ok(Self {
            server,
            promtool: root.join("usr/bin/promtool"),
            web_assets: has_flag.then(|| root.join("usr/share/prometheus/web/")),
        })
    }

    /// Checks the configuration and its rules with promtool.
    ///
    /// # Errors
    /// promtool rejects them. The message quotes its output.
    pub fn check_config(&self, config: &Path) -> anyhow::Result<()> {
        let folder = config.parent().unwrap_or(Path::new("/"));
        let name = config.file_name().unwrap_or_default();
        run(self.promtool_in(folder).args(["check", "config"]).arg(name))
            .with_context(|| format!("{} is invalid", config.display()))
            .map(drop)
    }

    /// Returns promtool with the working folder `folder`. Pass the path of a file with globs of rule files relative to
    /// it, because promtool makes the file's folder a part of the globs.
    #[must_use]
    pub fn promtool_in(&self, folder: &Path) -> Command {
        let mut command = Command::new(&self.promtool);
        command.current_dir(folder);
        command
    }
}
