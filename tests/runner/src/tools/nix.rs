//! Runs nix with the inputs of flake.lock, or, if they can't be downloaded, with this machine's own tools (nix/host).

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use anyhow::Context as _;
use lab::tools;

use crate::test_run::TestRun;

/// The programs that nix/host calls, and their Debian packages.
pub const HOST_PROGRAMS: [(&str, &str); 3] =
    [("bwrap", "bubblewrap"), ("jq", "jq"), ("nix", "nix-bin")];

/// Returns `nix` if it can download the inputs of flake.lock, else the absolute path of nix/host/run.
pub fn program(test_run: &TestRun) -> PathBuf {
    if real_inputs(test_run) {
        PathBuf::from("nix")
    } else {
        test_run.installation.root.join("nix/host/run")
    }
}

/// Checks that bubblewrap can create the sandbox of nix/host, which some containers forbid.
pub fn host_sandbox() -> anyhow::Result<()> {
    let mut command = Command::new("bwrap");
    command.args(["--unshare-all", "--uid", "1000", "--gid", "100"]);
    command.args(["--ro-bind", "/", "/", "true"]);
    tools::run(&mut command).map(drop)
}

/// Returns the command that builds these checks of the flake.
pub fn build(test_run: &TestRun, nix: &Path, checks: &[impl AsRef<str>]) -> Command {
    let mut command = nix_command(test_run, nix);
    command.args(["build", "--no-link", "--print-build-logs"]);
    for check in checks {
        command.arg(format!("{}.{}", checks_of_this_system(), check.as_ref()));
    }
    command
}

/// Returns the suite of each check of the flake. This evaluates all checks.
pub fn suites_of_checks(
    test_run: &TestRun,
    nix: &Path,
) -> anyhow::Result<BTreeMap<String, String>> {
    let mut command = nix_command(test_run, nix);
    command.args(["eval", "--json", &checks_of_this_system(), "--apply"]);
    command.arg("builtins.mapAttrs (_: check: builtins.seq check.drvPath check.suite)");
    let answer = tools::run(&mut command).context("the flake's checks can't be evaluated")?;
    serde_json::from_slice(&answer.stdout)
        .context("nix eval did not print the suites of the checks")
}

fn nix_command(test_run: &TestRun, nix: &Path) -> Command {
    let mut command = Command::new(nix);
    if nix == OsStr::new("nix") {
        command.args(["--extra-experimental-features", "nix-command flakes"]);
    }
    command.current_dir(&test_run.installation.root);
    command
}

fn checks_of_this_system() -> String {
    let system = match std::env::consts::OS {
        "macos" => "darwin",
        other => other,
    };
    format!(".#checks.{}-{system}", std::env::consts::ARCH)
}

/// Returns whether nix can download the inputs of flake.lock, with a timeout of seconds.
fn real_inputs(test_run: &TestRun) -> bool {
    static ANSWER: OnceLock<bool> = OnceLock::new();
    *ANSWER.get_or_init(|| {
        let mut command = nix_command(test_run, Path::new("nix"));
        command
            .args(["--option", "connect-timeout", "5"])
            .args(["--option", "download-attempts", "1"])
            .args([
                "eval",
                "--no-write-lock-file",
                "--raw",
                ".#formatter.x86_64-linux.name",
            ]);
        tools::run(&mut command).is_ok()
    })
}
