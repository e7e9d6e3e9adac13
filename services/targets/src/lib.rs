//! The target model: the targets, their configuration, and the redaction of their passwords.
//!
//! A [`TargetSource`] loads targets from `PING_TARGET_URLS`, a `targets.toml`, or both into a [`TargetSet`], which keeps
//! the configured order and in which every name is unique. [`watch`](mod@watch) reloads the set when the file changes.
//! [`redact()`] removes the passwords from a text before it is shown.

mod error;
mod fields;
mod formats;
mod redact;
mod set;
mod source;
mod target;
pub mod watch;

pub use error::TargetsError;
pub use redact::redact;
pub use set::TargetSet;
pub use source::TargetSource;
pub use target::expect::{Expectations, StatusExpectation};
pub use target::latency::{LATENCY_BUCKETS, LOWEST_LATENCY_BUCKET};
pub use target::maintenance::{Maintenance, Occurrence};
pub use target::phase::Phase;
pub use target::timing::Defaults;
pub use target::{Redirects, Target, TargetKind};
