//! The target model: what is probed, how it is configured, and how its secrets stay out of sight.
//!
//! A [`TargetSource`] knows where targets are configured (`PING_TARGET_URLS`, a `targets.toml`, or both) and loads them
//! into a [`TargetSet`]: ordered as configured, every name unique. [`watch`](mod@watch) keeps a set current while the file
//! changes. [`redact()`] takes the passwords out of any text that is about to be shown.

mod address;
mod error;
mod expect;
mod fields;
mod file;
mod latency;
mod line;
mod maintenance;
mod metrics;
mod model;
mod name;
mod passwords;
mod place;
mod redact;
mod redirects;
mod set;
mod source;
mod timing;
mod urls;
pub mod watch;

pub use error::TargetsError;
pub use expect::{Expectations, StatusExpectation};
pub use latency::{LATENCY_BUCKETS, LOWEST_LATENCY_BUCKET};
pub use maintenance::{Maintenance, Occurrence};
pub use metrics::{BUDGET_WINDOW, Phase, RECORDED_WINDOWS};
pub use model::{Target, TargetKind};
pub use redact::redact;
pub use redirects::Redirects;
pub use set::TargetSet;
pub use source::TargetSource;
pub use timing::Defaults;
