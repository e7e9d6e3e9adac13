//! The proof that Prometheus works, read from its stored samples.

use std::sync::Arc;

use jiff::Timestamp;

use super::api::Api;
use super::model::{Gather, Labels};
use super::query::QueryError;
use crate::time::from_seconds;

/// The newest stored scrape, the oldest evaluation of a rule group, and the number of targets with results. All come from
/// stored samples, because a Prometheus that can't write still answers queries and evaluates rules.
const PROMQL: &str = "label_replace(max(timestamp(up)), \"proof\", \"stored\", \"\", \"\") \
     or label_replace(min(lab:rules_evaluated:timestamp_seconds), \"proof\", \"rules\", \"\", \"\") \
     or label_replace(count(group by (target) (ping_up)), \"proof\", \"targets\", \"\", \"\")";

/// Proof from the samples that Prometheus has stored.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Proof {
    /// The time of the newest stored sample of any scrape; `None` if there is none within 5 minutes.
    pub stored: Option<Timestamp>,
    /// The oldest of the rule groups' last recorded evaluations.
    pub rules: Option<Timestamp>,
    /// The number of targets with results.
    pub targets: usize,
}

/// Fetches the proof without retries, evaluated at the gateway's current time: a Prometheus with a different clock has no
/// samples at that time.
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
