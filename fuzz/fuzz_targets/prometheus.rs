//! Any bytes that might answer a query where Prometheus should be: read or refused, never a panic.
#![no_main]

use api_gateway::sources::prometheus::{ByTarget, matrix, vector};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok(values) = vector::<ByTarget>(bytes) {
        assert!(values.values().all(|value| value.is_finite()));
    }
    let _ = matrix(bytes);
});
