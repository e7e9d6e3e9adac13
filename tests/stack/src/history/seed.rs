//! Random values that can be repeated.

use std::time::{SystemTime, UNIX_EPOCH};

use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

/// The variable that repeats the histories of a failed run: set it to the seed that the run printed.
const SEED: &str = "UPTIMEPULSE_SEED";

/// Returns a source of random values, and prints its seed.
///
/// # Panics
/// `UPTIMEPULSE_SEED` is not a number.
#[must_use]
pub fn seeded() -> TestRunner {
    let seed: u64 = match std::env::var(SEED) {
        Ok(seed) => seed.parse().expect("a seed that a run printed"),
        Err(_) => SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |now| now.subsec_nanos().into()),
    };
    println!("{SEED}={seed}");
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    TestRunner::new_with_rng(
        Config::default(),
        TestRng::from_seed(RngAlgorithm::ChaCha, &bytes),
    )
}
