//! What the recorded series are to say, from the contract's words: counted one by one, without PromQL.

use gateway_api::duration;
use gateway_api::slo::WINDOWS;

use crate::history::{Counts, FORGOTTEN, OUTCOMES, Outcome, Reading, Sights};

/// Returns the recorded windows: the label, and the length in seconds.
pub fn windows() -> impl Iterator<Item = (&'static str, i64)> {
    WINDOWS.into_iter().map(|label| (label, seconds(label)))
}

/// Returns the length of a recorded window.
///
/// # Panics
/// The label is no duration.
#[must_use]
pub fn seconds(label: &str) -> i64 {
    let length = duration::parse(label).expect("a duration");
    length.as_secs().cast_signed()
}

/// Windows up to here are made of what each evaluation counted, longer ones of what was gathered every four minutes.
pub const SHORT: i64 = 3_600;

/// Four minutes in milliseconds.
pub const GATHERED: i64 = 240_000;

/// What was counted, and how much was due, at each of a row of times.
#[derive(Debug, Clone, Default)]
pub struct Pieces {
    /// When (milliseconds), and what was counted then. Times at which nothing was are left out.
    pub counts: Vec<(i64, Counts)>,
    /// When (milliseconds), and how many probes a second were due. Times at which the target was not seen are left out.
    pub due: Vec<(i64, f64)>,
}

/// A target over a window.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Figures {
    /// Its probes.
    pub counts: Counts,
    /// How many there should have been; `None` where the target was never seen.
    pub due: Option<f64>,
}

impl Pieces {
    /// What each evaluation counted: of each counter what was added since it was last seen, or its whole value where it is
    /// below that. What a counter shows when it is first seen counts at no time.
    #[must_use]
    pub fn counted(sights: &Sights) -> Self {
        let mut pieces = Self::default();
        let mut last: Vec<Option<(i64, Reading)>> = vec![None; sights.agents.len()];
        for (index, &at) in sights.evaluations.iter().enumerate() {
            let mut counts = Counts::default();
            let mut due = None;
            for (agent, last) in sights.agents.iter().zip(&mut last) {
                let Some(reading) = agent[index] else {
                    continue;
                };
                if let Some((before, seen)) = last
                    && at - *before <= FORGOTTEN
                {
                    for outcome in OUTCOMES {
                        let (now, then) = (reading.counts[outcome], seen.counts[outcome]);
                        counts[outcome] += if now >= then { now - then } else { now };
                    }
                }
                *last = Some((at, reading));
                *due.get_or_insert(0.0) += 1.0 / reading.interval;
            }
            if counts.observed() > 0 {
                pieces.counts.push((at, counts));
            }
            pieces.due.extend(due.map(|due| (at, due)));
        }
        pieces
    }

    /// The same gathered at fewer times: what was counted since the one before, and what was due on average over the last
    /// `span` milliseconds. Of an outcome that was not counted for an hour, what nobody had gathered by then is lost.
    #[must_use]
    pub fn gathered(&self, times: &[i64], span: i64) -> Self {
        let mut gathered = Self::default();
        let mut before = i64::MIN;
        for &at in times {
            let mut counts = Counts::default();
            for outcome in OUTCOMES {
                counts[outcome] = self.since(before, at, outcome);
            }
            if counts.observed() > 0 {
                gathered.counts.push((at, counts));
            }
            let due = mean(within(&self.due, at - span, at));
            gathered.due.extend(due.map(|due| (at, due)));
            before = at;
        }
        gathered
    }

    /// How many of an outcome were counted after `before` up to `at` without an hour in which there was none.
    fn since(&self, before: i64, at: i64, outcome: Outcome) -> u64 {
        let (mut sum, mut last) = (0, before.max(0));
        for (when, counts) in &self.counts {
            if before < *when && *when <= at && counts[outcome] > 0 {
                if when - last >= FORGOTTEN {
                    sum = 0;
                }
                sum += counts[outcome];
                last = *when;
            }
        }
        if at - last >= FORGOTTEN { 0 } else { sum }
    }

    /// A window of so many seconds that ends at a time.
    #[must_use]
    pub fn over(&self, end: i64, seconds: i64) -> Figures {
        let begin = end - seconds * 1000;
        Figures {
            counts: sum(within(&self.counts, begin, end)),
            due: mean(within(&self.due, begin, end)).map(|rate| rate * seconds as f64),
        }
    }
}

impl Figures {
    /// `success / (success + failure)`.
    #[must_use]
    pub fn availability(&self) -> Option<f64> {
        let (success, failure) = (self.of(Outcome::Success), self.of(Outcome::Failure));
        (success + failure > 0.0).then(|| success / (success + failure))
    }

    /// Which part of the probes due is known.
    #[must_use]
    pub fn coverage(&self) -> Option<f64> {
        Some((self.observed() / self.due?).min(1.0))
    }

    /// How many times faster than it may the target uses its error budget up.
    #[must_use]
    pub fn burn_rate(&self, objective: f64) -> Option<f64> {
        let due = self.due.filter(|_| self.observed() > 0.0)?;
        Some(self.of(Outcome::Failure) / due.max(self.observed()) / (1.0 - objective))
    }

    fn of(&self, outcome: Outcome) -> f64 {
        self.counts[outcome] as f64
    }

    fn observed(&self) -> f64 {
        self.counts.observed() as f64
    }
}

/// Those after `begin` up to `end`.
fn within<T: Copy>(pieces: &[(i64, T)], begin: i64, end: i64) -> impl Iterator<Item = T> {
    pieces
        .iter()
        .filter(move |(at, _)| begin < *at && *at <= end)
        .map(|(_, piece)| *piece)
}

fn sum(pieces: impl Iterator<Item = Counts>) -> Counts {
    let mut sum = Counts::default();
    pieces.for_each(|counts| sum += counts);
    sum
}

fn mean(pieces: impl Iterator<Item = f64>) -> Option<f64> {
    let pieces: Vec<f64> = pieces.collect();
    (!pieces.is_empty()).then(|| pieces.iter().sum::<f64>() / pieces.len() as f64)
}
