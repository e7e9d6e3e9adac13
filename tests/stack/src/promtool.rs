//! Evaluates the recording rules over random histories with promtool, and compares the results with the oracle's.

mod case;
mod file;
mod gate;

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

pub use case::{Case, Groups};

use test_support::repository;

/// Returns the programs of Prometheus: from PATH, else downloaded by the lab.
///
/// # Panics
/// Prometheus is not on PATH and can't be downloaded.
#[must_use]
pub fn tools() -> lab::tools::PrometheusTool {
    let search_path = std::env::var_os("PATH").unwrap_or_default();
    let folder = repository().join(".lab/tools");
    lab::tools::Tools::find_or_fetch(&search_path, &folder, &mut |what| println!("{what}"))
        .expect("Prometheus is there")
        .prometheus
}

/// Returns the path of a rule file in the repository.
fn rules(name: &str) -> PathBuf {
    repository().join("monitoring/prometheus/rules").join(name)
}

/// Runs a test file with promtool.
///
/// # Errors
/// A test fails; the error is promtool's output.
fn run(promtool: &OsStr, file: &Path) -> Result<(), String> {
    let output = Command::new(promtool)
        .args(["test", "rules"])
        .arg(file)
        .output()
        .expect("promtool starts");
    if output.status.success() {
        return Ok(());
    }
    Err([output.stdout, output.stderr]
        .map(|text| String::from_utf8_lossy(&text).into_owned())
        .concat())
}
