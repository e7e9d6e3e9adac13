//! The two formats of a target list: a `targets.toml`, and a list of URLs.

pub(crate) mod file;
mod location;
mod passwords;
pub(crate) mod urls;

pub(crate) use location::Location;
