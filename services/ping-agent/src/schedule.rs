//! When which target is probed.
//!
//! Each target has a slot in its interval, by a hash of its name. A plan keeps the next start of every target in one
//! timing wheel, and a [`Runner`] wakes for the ticks at which something is due: no timer per target, and no probe waits
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

/// A point in time or a stretch of it, in microseconds; points count from 1970.
type Micros = u64;

/// Starts are gathered in ticks of this length: many small wake-ups cost more CPU than the probes themselves (a third
/// more at 1,000 probes a second).
const TICK: Micros = 25_000;
