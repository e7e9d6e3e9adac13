//! The latency buckets and the latency objective.

use crate::error::Invalid;

/// Upper bounds of every latency histogram, in seconds.
pub const LATENCY_BUCKETS: [f64; 11] = [
    0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0,
];

/// The lowest bound, in seconds: a latency histogram does not distinguish faster responses.
pub const LOWEST_LATENCY_BUCKET: f64 = LATENCY_BUCKETS[0];

/// Parses `latency_objective_seconds`, which must be a bucket's bound: only there a histogram counts faster responses.
pub(crate) fn parse_objective(seconds: f64) -> Result<f64, Invalid> {
    if LATENCY_BUCKETS.contains(&seconds) {
        Ok(seconds)
    } else {
        let buckets = LATENCY_BUCKETS.map(|bound| bound.to_string()).join(", ");
        Err(Invalid::new(
            seconds,
            "not the upper bound of a latency bucket",
            buckets,
        ))
    }
}
