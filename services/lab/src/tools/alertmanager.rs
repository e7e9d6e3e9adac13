//! Alertmanager and amtool.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, ensure};

use super::run;
use super::server::{Location, Server};

const SERVER: Server = Server {
    name: "Alertmanager",
    program: "alertmanager",
    checker: "amtool",
    package: "prometheus-alertmanager",
};

/// The folder of the templates, compiled into Debian's build. It does not start without them.
const COMPILED_IN: &[u8] = b"/usr/share/prometheus/alertmanager";

/// The same folder relative to the working folder. It has the same length, so the rest of the binary does not change.
const RELATIVE: &[u8] = b"usr/share/prometheus//alertmanager";

/// Alertmanager's programs.
#[derive(Debug, Clone)]
pub struct AlertmanagerTool {
    /// `alertmanager`.
    pub server: PathBuf,
    /// `amtool`.
    pub amtool: PathBuf,
    /// The working folder that the server needs to find its templates.
    pub working_dir: Option<PathBuf>,
}

impl AlertmanagerTool {
    pub(super) fn find_or_fetch(
        search_path: &OsStr,
        folder: &Path,
        on_step: &mut dyn FnMut(&str),
    ) -> anyhow::Result<Self> {
        let finish = |root: &Path| {
            let tool = Self::unpacked(root);
            relocate(&tool.server)?;
            run(Command::new(&tool.server).arg("--version")).map(drop)
        };
        Ok(
            match SERVER.find_or_fetch(search_path, folder, on_step, finish)? {
                Location::OnPath(server, amtool) => Self {
                    working_dir: templates_root(&server),
                    server,
                    amtool,
                },
                Location::Unpacked(root) => Self::unpacked(&root),
            },
        )
    }

    fn unpacked(root: &Path) -> Self {
        Self {
            server: root.join("usr/bin/prometheus-alertmanager"),
            amtool: root.join("usr/bin/amtool"),
            working_dir: Some(root.to_path_buf()),
        }
    }

    /// Checks the configuration with amtool.
    ///
    /// # Errors
    /// amtool rejects it. The message quotes its output.
    pub fn check_config(&self, config: &Path) -> anyhow::Result<()> {
        run(Command::new(&self.amtool).arg("check-config").arg(config))
            .with_context(|| format!("{} is invalid", config.display()))
            .map(drop)
    }
}

/// Returns the folder above a relocated server that contains its templates.
fn templates_root(server: &Path) -> Option<PathBuf> {
    let server = server.canonicalize().ok()?;
    let root = server
        .ancestors()
        .skip(1)
        .find(|folder| folder.join("usr/share/prometheus/alertmanager").is_dir())?;
    Some(root.to_path_buf())
}

/// Patches the lab's copy of the server to read its templates from its working folder.
///
/// The alternatives do not work everywhere. Writing to /usr needs root and is an installation. A mount namespace is
/// forbidden in most containers and to ordinary users of Ubuntu 24.04, and it clears the death signal that ties a part to
/// its supervisor. Building the server needs Go.
fn relocate(server: &Path) -> anyhow::Result<()> {
    let mut binary =
        fs::read(server).with_context(|| format!("can't read {}", server.display()))?;
    let count = replace_all(&mut binary, COMPILED_IN, RELATIVE);
    ensure!(
        count > 0,
        "{} does not contain the expected path of its templates",
        server.display()
    );
    fs::write(server, binary).with_context(|| format!("can't write {}", server.display()))
}

/// Replaces each `old` in `bytes` by `new`, which has the same length, and returns their number.
fn replace_all(bytes: &mut [u8], old: &[u8], new: &[u8]) -> usize {
    let mut count = 0;
    let mut from = 0;
    while let Some(rest) = bytes.get_mut(from..)
        && let Some(at) = rest.windows(old.len()).position(|window| window == old)
        && let Some(slot) = rest.get_mut(at..at + old.len())
    {
        slot.copy_from_slice(new);
        from += at + old.len();
        count += 1;
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_runs_in_the_folder_of_its_templates() {
        let root = tempfile::tempdir().unwrap();
        let server = root.path().join("bin/alertmanager");
        fs::create_dir_all(root.path().join("bin")).unwrap();
        fs::create_dir_all(root.path().join("usr/share/prometheus/alertmanager")).unwrap();
        fs::write(&server, "").unwrap();
        assert_eq!(templates_root(&server), root.path().canonicalize().ok());
    }

    #[test]
    fn every_occurrence_is_replaced() {
        assert_eq!(COMPILED_IN.len(), RELATIVE.len());
        let mut bytes = [b"a", COMPILED_IN, COMPILED_IN, b"/ui", &[0xff, 0]].concat();
        let expected = [b"a", RELATIVE, RELATIVE, b"/ui", &[0xff, 0]].concat();
        assert_eq!(replace_all(&mut bytes, COMPILED_IN, RELATIVE), 2);
        assert_eq!(bytes, expected);
        assert_eq!(replace_all(&mut bytes, COMPILED_IN, RELATIVE), 0);
    }
}
