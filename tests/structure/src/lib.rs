//! Reads the modules of a crate and finds those that import each other in a circle.
//!
//! In each folder of modules, a unit is a module with everything below it. A unit imports another when any `use` or path
//! in it (`crate::`, `super::`, `self::`) leads there, through re-exports too. A module may use the items of the modules
//! above it, and of those below it. Code for tests (`#[cfg(test)]`) is left out.

mod circles;
mod modules;
mod paths;
mod resolve;

pub use circles::{Circle, Import, circles};
pub use modules::{Crate, Module};
