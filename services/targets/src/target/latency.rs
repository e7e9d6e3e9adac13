//! The buckets of latency, and objectives of it.

use crate::error::Refusal;

/// Upper bounds of every latency histogram, in seconds.
pub const LATENCY_BUCKETS: [f64; 11] = [
    0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0,
];

/// The finest that a latency histogram tells: faster responses are not told apart.
pub const LOWEST_LATENCY_BUCKET: f64 = LATENCY_BUCKETS[0];

/// `latency_objective_seconds`: the bound of a bucket, since only there a histogram knows how many were faster.
pub(crate) fn parse_objective(seconds: f64) -> Result<f64, Refusal> {
    if LATENCY_BUCKETS.contains(&seconds) {
        Ok(seconds)
    } else {
        let buckets = LATENCY_BUCKETS.map(|bound| bound.to_string()).join(", ");
        Err(Refusal::new(
            seconds,
            "not the upper bound of a latency bucket",
            buckets,
        ))
    }
}
