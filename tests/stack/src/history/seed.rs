//! Chance that can be repeated.

use std::time::{SystemTime, UNIX_EPOCH};

use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

/// Set to the seed that a failed run printed, it repeats its histories.
const SEED: &str = "UPTIMEPULSE_SEED";

/// A source of random values; its seed is printed.
///
/// # Panics
/// `UPTIMEPULSE_SEED` is no number.
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
