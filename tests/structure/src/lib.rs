//! Reads the modules of a crate and finds import cycles.
//!
//! In each folder of modules, a unit is a module with everything below it. A unit imports another one if any `use` or path
//! in it (`crate::`, `super::`, `self::`) leads there, also through re-exports. A module may use items of the modules above
//! and below it. Code for tests (`#[cfg(test)]`) is ignored.

mod cycles;
mod modules;
mod paths;
mod resolve;

pub use cycles::{Cycle, Import, cycles};
pub use modules::{Crate, Module};
