//! Programs that suites call: on PATH, from the system's packages, or fetched for the tests alone.

pub mod go;
pub mod nix;
pub mod node;
pub mod packages;
pub mod providers;
pub mod python;
