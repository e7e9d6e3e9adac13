//! The target model: what is probed, how it is configured, and how its secrets stay out of sight.
//!
//! A [`TargetSource`] knows where targets are configured (`PING_TARGET_URLS`, a `targets.toml`, or both) and loads them
//! into a [`TargetSet`]: ordered as configured, every name unique. [`watch`](mod@watch) keeps a set current while the file
//! changes. [`redact()`] takes the passwords out of any text that is about to be shown.

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
