//! What counts as the same number.

/// Both are there and differ by less than a billionth, or none is.
pub fn assert_same(actual: Option<f64>, expected: Option<f64>, what: &str) {
    let same = match (actual, expected) {
        (Some(actual), Some(expected)) => (actual - expected).abs() < 1e-9,
        (actual, expected) => actual == expected,
    };
    assert!(same, "{what}: {actual:?}, not {expected:?}");
}
