//! Proof that Prometheus does its work, read back from its storage.

use std::sync::Arc;

use jiff::Timestamp;

use super::api::Api;
use super::model::{Gather, Labels};
use super::query::QueryError;
use crate::time::from_seconds;

/// The newest stored scrape, the oldest evaluation of a group of rules, and the targets of which there are results. Each is
/// there only if it was stored: a Prometheus that can't write still answers, and still evaluates.
const PROMQL: &str = "label_replace(max(timestamp(up)), \"proof\", \"stored\", \"\", \"\") \
     or label_replace(min(lab:rules_evaluated:timestamp_seconds), \"proof\", \"rules\", \"\", \"\") \
     or label_replace(count(group by (target) (ping_up)), \"proof\", \"targets\", \"\", \"\")";

/// Proof from the samples that Prometheus has stored.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Proof {
    /// The newest stored sample of any scrape; `None` if there is none within 5 minutes.
    pub stored: Option<Timestamp>,
    /// When the group of rules was evaluated, and that recorded, for which this is longest ago.
    pub rules: Option<Timestamp>,
    /// How many targets there are results of.
    pub targets: usize,
}

/// Fetches the proof once, as of this clock's now: samples of a Prometheus whose clock is another are not there then.
pub(super) async fn fetch(api: &Api) -> Result<Proof, QueryError> {
    api.instant_once(PROMQL, Timestamp::now()).await
}

impl Gather for Proof {
    fn gather(&mut self, _: Option<&Arc<str>>, labels: &Labels, value: f64) {
        match labels.proof.as_deref() {
            Some("stored") => self.stored = from_seconds(value),
            Some("rules") => self.rules = from_seconds(value),
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "saturates, and a count is a whole number"
            )]
            Some("targets") => self.targets = value as usize,
            _ => {}
        }
    }
}
