//! Finds Prometheus, Alertmanager and Grafana on PATH. Prometheus and Alertmanager are else unpacked from Debian
//! packages. With Nix, the shell and the wrapper of the lab put the pinned versions on PATH.

mod alertmanager;
mod debian;
mod grafana;
mod prometheus;
mod server;

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use anyhow::Context as _;

pub use self::alertmanager::AlertmanagerTool;
pub use self::grafana::GrafanaTool;
pub use self::prometheus::PrometheusTool;

/// The servers that the lab runs beside the services.
#[derive(Debug, Clone)]
pub struct Tools {
    /// Prometheus and promtool.
    pub prometheus: PrometheusTool,
    /// Alertmanager and amtool.
    pub alertmanager: AlertmanagerTool,
    /// Grafana, if it is on PATH.
    pub grafana: Option<GrafanaTool>,
}

impl Tools {
    /// Finds the servers in `search_path` (the value of PATH), else their unpacked packages in `folder`, else downloads
    /// them there. `on_step` receives a message before each slow step. Blocks.
    ///
    /// # Errors
    /// A server is missing and can't be downloaded. The message says what to install.
    pub fn find_or_fetch(
        search_path: &OsStr,
        folder: &Path,
        on_step: &mut dyn FnMut(&str),
    ) -> anyhow::Result<Self> {
        Ok(Self {
            prometheus: PrometheusTool::find_or_fetch(search_path, folder, on_step)?,
            alertmanager: AlertmanagerTool::find_or_fetch(search_path, folder, on_step)?,
            grafana: GrafanaTool::find(search_path),
        })
    }
}

/// Returns the first executable file with one of `names` in the folders of `search_path`.
#[must_use]
pub fn on_path(search_path: &OsStr, names: &[&str]) -> Option<PathBuf> {
    names.iter().find_map(|name| {
        std::env::split_paths(search_path)
            .map(|folder| folder.join(name))
            .find(|file| {
                file.is_file() && rustix::fs::access(file, rustix::fs::Access::EXEC_OK).is_ok()
            })
    })
}

/// Runs a command to its end and returns its output.
///
/// # Errors
/// It can't be started, or fails. The message quotes the last six lines of its output.
pub fn run(command: &mut Command) -> anyhow::Result<Output> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command
        .output()
        .with_context(|| format!("can't run {name}"))?;
    if output.status.success() {
        return Ok(output);
    }
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text
        .lines()
        .filter(|line| !line.trim().is_empty())
        .collect();
    let last = lines
        .iter()
        .skip(lines.len().saturating_sub(6))
        .copied()
        .collect::<Vec<_>>();
    anyhow::bail!(
        "{name} failed ({}):\n  {}",
        output.status,
        last.join("\n  ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_executable_files_are_found() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("promtool"), "").unwrap();
        std::fs::create_dir(folder.path().join("prometheus")).unwrap();
        let path = folder.path().as_os_str();
        assert_eq!(on_path(path, &["promtool", "prometheus"]), None);

        let search = std::env::join_paths([folder.path(), Path::new("/bin")]).unwrap();
        assert_eq!(
            on_path(&search, &["promtool", "sh"]),
            Some(PathBuf::from("/bin/sh"))
        );
    }

    #[test]
    fn the_error_of_a_failed_command_quotes_its_output() {
        let message = run(Command::new("sh").args(["-c", "echo why; exit 3"]))
            .unwrap_err()
            .to_string();
        assert!(
            message.contains("sh failed") && message.contains("why"),
            "{message}"
        );
    }
}
