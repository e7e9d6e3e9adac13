//! Finds and starts the built programs.

use std::path::PathBuf;

use lab::part::Part;
use test_support::{Lab, LabBuilder, Service, repository};

/// Returns the path of a built program.
///
/// # Panics
/// The program was not built.
#[must_use]
pub fn binary(name: &str) -> PathBuf {
    let folder = std::env::var_os("UPTIMEPULSE_BIN_DIR")
        .map_or_else(|| repository().join("target/release"), PathBuf::from);
    let path = folder.join(name);
    assert!(
        path.is_file(),
        "{} does not exist; `./lab test stack` builds it",
        path.display()
    );
    path
}

/// Starts a service with only these environment variables, and waits until it listens.
pub fn start(service: &str, variables: &[(&str, String)]) -> Service {
    Service::start(binary(service), variables)
}

/// Returns a lab that probes the default targets.
#[must_use]
pub fn lab() -> LabBuilder {
    let parts = Part::ALL.iter().map(|part| part.name()).collect();
    Lab::builder(binary("lab"), repository(), parts)
}
