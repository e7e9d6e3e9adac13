//! Paths in the installation, which is read-only, and in the state folder, into which the lab writes.

use std::path::{Path, PathBuf};
use std::{env, fs, io};

use anyhow::{Context as _, anyhow};

use super::files;
use crate::part::Part;

/// A file that identifies the repository's root, or a packaged copy of its `monitoring/`.
const LANDMARK: &str = "monitoring/prometheus/prometheus.yml";

/// The name of Prometheus' configuration, in the part's own folder.
pub const PROMETHEUS_CONFIG: &str = "prometheus.yml";

/// The free space that a lab needs to start.
const REQUIRED_BYTES: u64 = 200 << 20;

/// The folders of the installed lab.
#[derive(Debug, Clone)]
pub struct Installation {
    /// The folder that holds `monitoring/`.
    pub root: PathBuf,
    /// The folder with the binaries of the lab and the services.
    pub bin_dir: PathBuf,
}

impl Installation {
    /// Finds the root: `LAB_ROOT`, set by the `lab` script, else a folder above the current one or the program's.
    ///
    /// # Errors
    /// `monitoring/` can't be found.
    pub fn find() -> anyhow::Result<Self> {
        let program = env::current_exe().context("can't find the path of this program")?;
        let bin_dir = program.parent().unwrap_or(Path::new("/")).to_path_buf();
        let root = match env::var_os("LAB_ROOT") {
            Some(root) => {
                let root = std::path::absolute(root).context("LAB_ROOT")?;
                anyhow::ensure!(
                    root.join(LANDMARK).is_file(),
                    "LAB_ROOT is {}, which does not contain {LANDMARK}; it must be the repository's root",
                    root.display()
                );
                root
            }
            None => {
                let current = env::current_dir().context("can't find the current folder")?;
                current
                    .ancestors()
                    .chain(bin_dir.ancestors())
                    .find(|folder| folder.join(LANDMARK).is_file())
                    .map(Path::to_path_buf)
                    .context("can't find monitoring/; run the lab from the repository, or set LAB_ROOT to its root")?
            }
        };
        Ok(Self { root, bin_dir })
    }

    /// Returns the path of a file or folder of `monitoring/`.
    #[must_use]
    pub fn monitoring(&self, path: &str) -> PathBuf {
        self.root.join("monitoring").join(path)
    }

    /// Returns the state folder without `--state-dir`: `.lab` in the root, or a folder in the user's state folder if the
    /// root is not writable, such as that of a package.
    #[must_use]
    pub fn default_state_dir(&self) -> PathBuf {
        let writable = rustix::fs::access(&self.root, rustix::fs::Access::WRITE_OK).is_ok();
        if writable {
            return self.root.join(".lab");
        }
        let home = || env::var_os("HOME").map(|home| Path::new(&home).join(".local/state"));
        env::var_os("XDG_STATE_HOME")
            .map(PathBuf::from)
            .or_else(home)
            .unwrap_or_else(env::temp_dir)
            .join("uptimepulse")
    }

    /// Returns the folder of downloaded servers. All state folders share it.
    #[must_use]
    pub fn tools_dir(&self) -> PathBuf {
        self.default_state_dir().join("tools")
    }
}

/// The state folder of one lab.
#[derive(Debug, Clone)]
pub struct StateDir {
    path: PathBuf,
    is_default: bool,
}

impl StateDir {
    /// Returns the folder of `--state-dir` as an absolute path, since parts run in other folders.
    ///
    /// # Errors
    /// `dir` is empty, or the current folder is gone.
    pub fn new(dir: &Path) -> anyhow::Result<Self> {
        let path =
            std::path::absolute(dir).with_context(|| format!("--state-dir {:?}", dir.display()))?;
        Ok(Self {
            path,
            is_default: false,
        })
    }

    /// Returns the folder without `--state-dir`.
    #[must_use]
    pub fn default_of(installation: &Installation) -> Self {
        Self {
            path: installation.default_state_dir(),
            is_default: true,
        }
    }

    /// Creates the folder, and checks that it is writable and that its disk has enough free space.
    ///
    /// # Errors
    /// A check failed. The message says what to do.
    pub fn create(&self) -> anyhow::Result<()> {
        let path = self.path.display();
        let create = || -> io::Result<()> {
            fs::create_dir_all(self.logs())?;
            fs::create_dir_all(self.prometheus_config().with_file_name("discovery"))?;
            fs::create_dir_all(self.part(Part::Alertmanager))?;
            tempfile::tempfile_in(&self.path).map(drop)
        };
        create().with_context(|| {
            format!("can't write to {path}; set another folder: --state-dir DIR")
        })?;
        files::check_free_space(&self.path, REQUIRED_BYTES)
            .map_err(|error| anyhow!("{error}, or use another disk: --state-dir DIR"))
    }

    /// Returns `./lab COMMAND` with the option for this state folder, quoted for a shell. A package of the lab sets
    /// `LAB_COMMAND` to the command that replaces `./lab`.
    #[must_use]
    pub fn command_line(&self, command: &str) -> String {
        let lab = env::var("LAB_COMMAND").unwrap_or_else(|_| "./lab".to_owned());
        if self.is_default {
            format!("{lab} {command}")
        } else {
            format!(
                "{lab} {command} --state-dir {}",
                quoted(&self.path.to_string_lossy())
            )
        }
    }

    /// Returns the path of the folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the file that the supervisor locks while it runs.
    #[must_use]
    pub fn lock_file(&self) -> PathBuf {
        self.path.join("lab.lock")
    }

    /// Returns the file of the supervisor's record.
    #[must_use]
    pub fn state_file(&self) -> PathBuf {
        self.path.join("lab.json")
    }

    /// Returns the folder of the logs.
    #[must_use]
    pub fn logs(&self) -> PathBuf {
        self.path.join("logs")
    }

    /// Returns the log file of the part `name`, or of `lab`, the supervisor.
    #[must_use]
    pub fn log(&self, name: &str) -> PathBuf {
        self.logs().join(format!("{name}.log"))
    }

    /// Returns a part's folder for its configuration and data.
    #[must_use]
    pub fn part(&self, part: Part) -> PathBuf {
        self.path.join(part.name())
    }

    /// Returns the file into which `monitoring/targets.toml` is rendered.
    #[must_use]
    pub fn targets_file(&self) -> PathBuf {
        self.path.join("targets.toml")
    }

    /// Returns Prometheus' configuration, a link into `monitoring/`.
    #[must_use]
    pub fn prometheus_config(&self) -> PathBuf {
        self.part(Part::Prometheus).join(PROMETHEUS_CONFIG)
    }

    /// Returns the folder of Prometheus' data.
    #[must_use]
    pub fn prometheus_data(&self) -> PathBuf {
        self.part(Part::Prometheus).join("data")
    }

    /// Returns Alertmanager's rendered configuration.
    #[must_use]
    pub fn alertmanager_config(&self) -> PathBuf {
        self.part(Part::Alertmanager).join("alertmanager.yml")
    }
}

/// Quotes the text so that a shell reads it as one word. `#` starts a comment only at the start of a word.
pub(crate) fn quoted(text: &str) -> String {
    let plain = |char: char| char.is_alphanumeric() || "/._-+:@%=,#".contains(char);
    if !text.is_empty() && !text.starts_with('#') && text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_error_for_a_state_folder_that_is_a_file_names_the_option() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let message = format!(
            "{:#}",
            StateDir::new(file.path()).unwrap().create().unwrap_err()
        );
        assert!(message.contains("--state-dir"), "{message}");
    }

    #[test]
    fn command_lines_contain_the_quoted_state_folder() {
        let two = StateDir::new(Path::new("/tmp/two")).unwrap();
        assert_eq!(two.command_line("down"), "./lab down --state-dir /tmp/two");
        let spaced = StateDir::new(Path::new("/tmp/Ann's lab")).unwrap();
        assert_eq!(
            spaced.command_line("down"),
            r"./lab down --state-dir '/tmp/Ann'\''s lab'"
        );
        let installation = Installation {
            root: "/repo".into(),
            bin_dir: "/repo/target/release".into(),
        };
        assert_eq!(
            StateDir::default_of(&installation).command_line("down"),
            "./lab down"
        );
        assert_eq!([quoted(".#x"), quoted("#x")], [".#x", "'#x'"]);
    }
}
