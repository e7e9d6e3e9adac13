//! `promtool` and `amtool`: run the program that the lab found on PATH or downloaded, in its place: with the arguments and
//! the exit code of the user's command.

use std::ffi::OsString;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, ExitCode};

use anyhow::{Context as _, anyhow};

use super::Lab;
use crate::cli::Error;
use crate::part::Part;
use crate::tools::{find_amtool, find_promtool};

/// The option of amtool with the URL of Alertmanager.
const ALERTMANAGER_URL: &str = "--alertmanager.url";

/// The commands of amtool that query Alertmanager.
const QUERIES: [&str; 4] = ["alert", "silence", "config", "cluster"];

/// Becomes promtool.
pub fn promtool(lab: &Lab, args: &[OsString]) -> Result<ExitCode, Error> {
    let program = find_promtool(&search_path(), &lab.installation.tools_dir())?;
    become_program(&program, args)
}

/// Becomes amtool. Without an own URL in `args` it gets that of the running lab's Alertmanager.
pub fn amtool(lab: &Lab, args: &[OsString]) -> Result<ExitCode, Error> {
    let program = find_amtool(&search_path(), &lab.installation.tools_dir())?;
    let args = match lab.running_url(Part::Alertmanager) {
        Some(url) => with_url(args, &url),
        None if needs_url(args) => {
            return Err(anyhow!(
                "the lab is not running, so it has no Alertmanager: `{}` starts it.\n\
                 To query another one: ./lab amtool {ALERTMANAGER_URL}=URL …",
                lab.state.command_line("up")
            )
            .into());
        }
        None => args.to_vec(),
    };
    become_program(&program, &args)
}

fn search_path() -> OsString {
    std::env::var_os("PATH").unwrap_or_default()
}

fn become_program(program: &Path, args: &[OsString]) -> Result<ExitCode, Error> {
    // This returns only if the program can't be started.
    let error = Command::new(program).args(args).exec();
    Err(error)
        .with_context(|| format!("can't run {}", program.display()))
        .map_err(Error::Failed)
}

/// Returns whether `args` set the URL of Alertmanager.
fn has_url(args: &[OsString]) -> bool {
    let is_url = |arg: &OsString| arg.to_string_lossy().starts_with(ALERTMANAGER_URL);
    args.iter().any(is_url)
}

/// Returns whether amtool queries Alertmanager and has no URL for it.
fn needs_url(args: &[OsString]) -> bool {
    let is_query = |arg: &OsString| QUERIES.iter().any(|query| arg == query);
    args.first().is_some_and(is_query) && !has_url(args)
}

/// Adds the URL of Alertmanager, unless `args` have one.
fn with_url(args: &[OsString], url: &str) -> Vec<OsString> {
    let own = (!has_url(args)).then(|| format!("{ALERTMANAGER_URL}={url}").into());
    own.into_iter().chain(args.iter().cloned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(args: &[&str]) -> Vec<OsString> {
        args.iter().map(OsString::from).collect()
    }

    #[test]
    fn amtool_gets_the_url_of_the_lab_unless_it_has_one() {
        assert_eq!(
            with_url(&args(&["alert", "query"]), "http://127.0.0.1:9093"),
            args(&["--alertmanager.url=http://127.0.0.1:9093", "alert", "query"])
        );
        for own in [
            args(&["--alertmanager.url=http://x", "alert"]),
            args(&["alert", "--alertmanager.url", "http://x"]),
        ] {
            assert_eq!(with_url(&own, "http://127.0.0.1:9093"), own);
        }
    }

    #[test]
    fn only_queries_need_a_running_lab() {
        assert!(needs_url(&args(&["silence", "query"])));
        assert!(!needs_url(&args(&["check-config", "alertmanager.yml"])));
        assert!(!needs_url(&args(&["--help"])));
        assert!(!needs_url(&args(&["alert", "--alertmanager.url=http://x"])));
    }
}
