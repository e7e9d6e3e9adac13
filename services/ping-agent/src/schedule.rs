//! Schedules the probes of all targets.
//!
//! A hash of its name gives each target a slot in its interval. A plan keeps the next start of every target in one timing
//! wheel, and a [`Runner`] wakes at the ticks at which a target is due. So there is no timer per target, and no probe waits
//! for another.

mod clock;
mod missed;
mod plan;
mod pool;
mod runner;
mod slot;
mod wheel;

#[cfg(test)]
mod tests;

pub use pool::Concurrency;
pub use runner::Runner;

/// A duration in microseconds, or a point in time in microseconds since 1970.
type Micros = u64;

/// The length of a tick. All starts of a tick share one wake-up: without ticks, wake-ups cost more CPU than the probes
/// themselves (a third more at 1,000 probes a second).
const TICK: Micros = 25_000;
