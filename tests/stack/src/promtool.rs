//! Random histories in promtool: what the recording rules make of them, beside what the oracle says.

mod case;
mod file;
mod gate;

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

pub use case::{Case, Groups};

use test_support::repository;

/// The programs of Prometheus: on PATH, else as the lab unpacks them.
///
/// # Panics
/// They are nowhere, and can't be fetched.
#[must_use]
pub fn tools() -> lab::tools::PrometheusTool {
    let search_path = std::env::var_os("PATH").unwrap_or_default();
    let folder = repository().join(".lab/tools");
    lab::tools::Tools::find_or_fetch(&search_path, &folder, &mut |what| println!("{what}"))
        .expect("Prometheus is there")
        .prometheus
}

/// A file of recording rules in the repository.
fn rules(name: &str) -> PathBuf {
    repository().join("monitoring/prometheus/rules").join(name)
}

/// Runs a test file; gives what promtool says where the test fails.
///
/// # Errors
/// promtool's output.
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
