//! The built programs, and how tests start them.

use std::path::PathBuf;

use lab::part::Part;
use test_support::{Lab, LabBuilder, Service, repository};

/// A built program by its name.
///
/// # Panics
/// It has not been built.
#[must_use]
pub fn binary(name: &str) -> PathBuf {
    let folder = std::env::var_os("UPTIMEPULSE_BIN_DIR")
        .map_or_else(|| repository().join("target/release"), PathBuf::from);
    let path = folder.join(name);
    assert!(
        path.is_file(),
        "{} is not there; `./lab test stack` builds it",
        path.display()
    );
    path
}

/// Starts a service with these variables and no others, and waits until it listens.
pub fn start(service: &str, variables: &[(&str, String)]) -> Service {
    Service::start(binary(service), variables)
}

/// A lab that probes the default targets, unless told otherwise.
#[must_use]
pub fn lab() -> LabBuilder {
    let parts = Part::ALL.iter().map(|part| part.name()).collect();
    Lab::builder(binary("lab"), repository(), parts)
}
