//! Shows and runs commands that you could type in the repository's root.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context as _, bail};
use console::style;

use crate::state::paths::quoted;
use crate::terminal::output;
use crate::tools::on_path;

/// Runs commands in one folder.
#[derive(Debug)]
pub struct Shell {
    root: PathBuf,
    search_path: OsString,
}

impl Shell {
    /// Returns a shell in `root`, with the tools on the environment's `PATH`.
    pub fn new(root: &std::path::Path) -> Self {
        Self {
            root: root.to_path_buf(),
            search_path: std::env::var_os("PATH").unwrap_or_default(),
        }
    }

    /// Returns the words that start `tool`: its name if it is on `PATH`, else a call through `nix develop`.
    ///
    /// # Errors
    /// Neither the tool nor Nix is installed.
    fn words(&self, tool: &str) -> anyhow::Result<Vec<String>> {
        if on_path(&self.search_path, &[tool]).is_some() {
            return Ok(vec![tool.to_owned()]);
        }
        if on_path(&self.search_path, &["nix"]).is_some() {
            return Ok(["nix", "develop", "-c", tool].map(str::to_owned).to_vec());
        }
        bail!(
            "{tool} is not on PATH: install Nix (https://nixos.org/download), with which the lab gets all tools, or {tool} itself"
        )
    }

    /// Returns the command without running it.
    pub fn command(&self, tool: &str, arguments: &[&str]) -> anyhow::Result<Command> {
        let words = self.words(tool)?;
        let (program, first) = words.split_first().context("no program")?;
        let mut command = Command::new(program);
        command
            .args(first)
            .args(arguments)
            .current_dir(&self.root)
            .stdin(Stdio::null());
        Ok(command)
    }

    /// Shows the command, then runs it with its output. `variables` are passwords, so they are not shown.
    ///
    /// # Errors
    /// The tool is missing, or the command failed. The message ends with `hint`.
    pub fn run(
        &self,
        tool: &str,
        arguments: &[&str],
        variables: &[(String, String)],
        hint: &str,
    ) -> anyhow::Result<()> {
        let mut command = self.command(tool, arguments)?;
        let text = format_command(&command);
        output::notice(&format!(
            "{} {}",
            style("$").for_stderr().cyan(),
            style(&text).for_stderr().bold()
        ));
        let status = command
            .envs(variables.iter().map(|(name, value)| (name, value)))
            .status()
            .with_context(|| format!("can't run {text}"))?;
        if !status.success() {
            bail!("{text} failed ({status}): {hint}");
        }
        Ok(())
    }

    /// Returns whether the command succeeds. The command and its output are not shown.
    ///
    /// # Errors
    /// The tool is missing.
    pub fn succeeds(&self, tool: &str, arguments: &[&str]) -> anyhow::Result<bool> {
        let mut command = self.command(tool, arguments)?;
        Ok(command
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success()))
    }
}

/// Formats the command for a shell.
fn format_command(command: &Command) -> String {
    std::iter::once(command.get_program())
        .chain(command.get_args())
        .map(|word: &OsStr| quoted(&word.to_string_lossy()))
        .collect::<Vec<_>>()
        .join(" ")
}
