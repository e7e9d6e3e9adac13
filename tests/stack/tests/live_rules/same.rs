//! Comparison of numbers with a tolerance.

/// Asserts that both numbers exist and differ by less than 1e-9, or that both are missing.
pub fn assert_same(actual: Option<f64>, expected: Option<f64>, what: &str) {
    let same = match (actual, expected) {
        (Some(actual), Some(expected)) => (actual - expected).abs() < 1e-9,
        (actual, expected) => actual == expected,
    };
    assert!(same, "{what}: {actual:?}, not {expected:?}");
}
