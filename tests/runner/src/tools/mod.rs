//! Programs that suites call: on PATH, from system packages, or downloaded for the tests.

pub mod go;
pub mod nix;
pub mod node;
pub mod packages;
pub mod providers;
pub mod python;
