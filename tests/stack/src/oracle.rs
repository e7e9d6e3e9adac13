//! The expected values of the recorded series, computed from their definitions without PromQL.

mod recorded;

use gateway_api::duration;
use gateway_api::slo::WINDOWS;

pub use recorded::Recorded;

use crate::history::{COUNTER_EXPIRY, Counts, OUTCOMES, Observations, Outcome, Reading};

/// Returns the recorded windows: the label, and the length in seconds.
pub fn windows() -> impl Iterator<Item = (&'static str, i64)> {
    WINDOWS.into_iter().map(|label| (label, seconds(label)))
}

/// Returns the length of a recorded window.
#[must_use]
pub fn seconds(label: &str) -> i64 {
    let length = duration::parse(label).expect("a duration");
    length.as_secs().cast_signed()
}

/// The longest window (seconds) that is computed from the increase at each evaluation. Longer windows are computed from
/// increases that are aggregated every [`AGGREGATION_INTERVAL`].
pub const SHORT: i64 = 3_600;

/// Four minutes in milliseconds.
pub const AGGREGATION_INTERVAL: i64 = 240_000;

/// The increases of the counters, and the probes due, by evaluation.
#[derive(Debug, Clone, Default)]
pub struct Increases {
    /// The time (milliseconds) and the increase since the evaluation before. Evaluations without an increase are left out.
    pub counts: Vec<(i64, Counts)>,
    /// The time (milliseconds) and the probes due per second. Evaluations without the target are left out.
    pub due: Vec<(i64, f64)>,
}

/// A target's figures over a window.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Figures {
    /// Its probes.
    pub counts: Counts,
    /// The number of probes due since the target was first watched; `None` if the target was never scraped.
    pub due: Option<f64>,
    /// The share of the window in which the target was watched, at most 1.
    pub watched: f64,
}

impl Increases {
    /// Computes the increase of each counter at each evaluation: the difference to its last value, or its whole value after
    /// a reset. The first value of a counter is no increase.
    #[must_use]
    pub fn counted(observations: &Observations) -> Self {
        let mut increases = Self::default();
        let mut last: Vec<Option<(i64, Reading)>> = vec![None; observations.agents.len()];
        for (index, &at) in observations.evaluations.iter().enumerate() {
            let mut counts = Counts::default();
            let mut due = None;
            for (agent, last) in observations.agents.iter().zip(&mut last) {
                let Some(reading) = agent[index] else {
                    continue;
                };
                if let Some((before, old)) = last
                    && at - *before <= COUNTER_EXPIRY
                {
                    for outcome in OUTCOMES {
                        let (now, then) = (reading.counts[outcome], old.counts[outcome]);
                        counts[outcome] += if now >= then { now - then } else { now };
                    }
                }
                *last = Some((at, reading));
                *due.get_or_insert(0.0) += 1.0 / reading.interval;
            }
            if counts.observed() > 0 {
                increases.counts.push((at, counts));
            }
            increases.due.extend(due.map(|due| (at, due)));
        }
        increases
    }

    /// Aggregates the increases at fewer times: their sum since the time before, and the average of the probes due over the
    /// last `span` milliseconds. If an outcome has no increase for an hour, its increases not yet aggregated are lost.
    #[must_use]
    pub fn aggregated(&self, times: &[i64], span: i64) -> Self {
        let mut aggregated = Self::default();
        let mut before = i64::MIN;
        for &at in times {
            let mut counts = Counts::default();
            for outcome in OUTCOMES {
                counts[outcome] = self.since(before, at, outcome);
            }
            if counts.observed() > 0 {
                aggregated.counts.push((at, counts));
            }
            let due = mean(within(&self.due, at - span, at));
            aggregated.due.extend(due.map(|due| (at, due)));
            before = at;
        }
        aggregated
    }

    /// Returns the sum of an outcome's increases after `before` up to `at`, since its last hour without one.
    fn since(&self, before: i64, at: i64, outcome: Outcome) -> u64 {
        let (mut sum, mut last) = (0, before.max(0));
        for (when, counts) in &self.counts {
            if before < *when && *when <= at && counts[outcome] > 0 {
                if when - last >= COUNTER_EXPIRY {
                    sum = 0;
                }
                sum += counts[outcome];
                last = *when;
            }
        }
        if at - last >= COUNTER_EXPIRY { 0 } else { sum }
    }

    /// Computes the figures over `seconds` up to `end` (milliseconds), of a target that was first watched `watched` seconds
    /// before.
    #[must_use]
    pub fn over(&self, end: i64, seconds: i64, watched: Option<f64>) -> Figures {
        let due = self.mean_due(end, seconds);
        let (counts, seconds) = (self.counts_over(end, seconds), seconds as f64);
        Figures {
            counts,
            due: due
                .zip(watched)
                .map(|(rate, watched)| rate * watched.min(seconds)),
            watched: (watched.unwrap_or_default() / seconds).min(1.0),
        }
    }

    /// Returns the increases over `seconds` up to `end` (milliseconds).
    fn counts_over(&self, end: i64, seconds: i64) -> Counts {
        sum(within(&self.counts, end - seconds * 1000, end))
    }

    /// Returns the mean number of probes due per second over `seconds` up to `end` (milliseconds).
    fn mean_due(&self, end: i64, seconds: i64) -> Option<f64> {
        mean(within(&self.due, end - seconds * 1000, end))
    }
}

impl Figures {
    /// Returns `success / (success + failure)`; `None` without such probes.
    #[must_use]
    pub fn availability(&self) -> Option<f64> {
        let (success, failure) = (self.of(Outcome::Success), self.of(Outcome::Failure));
        (success + failure > 0.0).then(|| success / (success + failure))
    }

    /// Returns the share of the probes due that were observed, at most 1.
    #[must_use]
    pub fn coverage(&self) -> Option<f64> {
        let due = self.due?;
        if self.observed() == 0.0 {
            return Some(0.0);
        }
        Some((self.observed() / due).min(1.0))
    }

    /// Returns the burn rate of the error budget: the share of failures divided by the share that `objective` allows.
    #[must_use]
    pub fn burn_rate(&self, objective: f64) -> Option<f64> {
        let due = self.due.filter(|_| self.observed() > 0.0)?;
        let failed = self.of(Outcome::Failure) / due.max(self.observed());
        Some(failed * self.watched / (1.0 - objective))
    }

    fn of(&self, outcome: Outcome) -> f64 {
        self.counts[outcome] as f64
    }

    fn observed(&self) -> f64 {
        self.counts.observed() as f64
    }
}

/// Returns the values after `begin` up to `end`.
fn within<T: Copy>(values: &[(i64, T)], begin: i64, end: i64) -> impl Iterator<Item = T> {
    values
        .iter()
        .filter(move |(at, _)| begin < *at && *at <= end)
        .map(|(_, value)| *value)
}

fn sum(values: impl Iterator<Item = Counts>) -> Counts {
    let mut sum = Counts::default();
    values.for_each(|counts| sum += counts);
    sum
}

fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let values: Vec<f64> = values.collect();
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}
