//! Finds programs that suites call on PATH, in system packages, or downloads them.

pub mod go;
pub mod nix;
pub mod node;
pub mod packages;
pub mod providers;
pub mod python;
