//! The two ways to write down targets: a `targets.toml`, and a list of URLs.

pub(crate) mod file;
mod passwords;
mod place;
pub(crate) mod urls;

pub(crate) use place::Place;
