//! The figures of every window as the rules record them: long windows are steps of four minutes plus the probes since the
//! last step, and probes are due only since the target was first watched.

use super::{AGGREGATION_INTERVAL, Figures, Increases, SHORT};
use crate::history::{COUNTER_EXPIRY, Counts, OUTCOMES, Observations, Outcome};

/// The delay (milliseconds) after which a step is read.
const STEP_DELAY: i64 = 30_000;

const MINUTE: i64 = 60_000;
const DAY: i64 = 24 * 60 * MINUTE;

/// How long (milliseconds) a step counts while newer ones are recorded, and after a pause of Prometheus.
const STEP_LIFETIME: i64 = 5 * MINUTE;
const STEP_LIFETIME_IN_PAUSE: i64 = 65 * MINUTE;

/// How long (milliseconds) the mean of the probes due is used.
const MEAN_LIFETIME: i64 = 10 * MINUTE;

/// The recorded series of one target.
#[derive(Debug)]
pub struct Recorded {
    /// The times (milliseconds) at which the probes are counted.
    evaluations: Vec<i64>,
    /// The interval between two steps of the simulation (milliseconds).
    step: i64,
    increases: Increases,
    /// The times (milliseconds) at which steps are recorded.
    aggregations: Vec<i64>,
    aggregated: Increases,
    /// The aggregations (milliseconds) at which it was recorded when the target was first watched, and that time.
    watched_since: Vec<(i64, i64)>,
}

impl Recorded {
    /// Computes the series from the scrapes of a target. `aggregations` are the evaluations at which steps are recorded.
    #[must_use]
    pub fn new(observations: &Observations, aggregations: Vec<i64>, step: i64) -> Self {
        let increases = Increases::counted(observations);
        let mut recorded = Self {
            evaluations: observations.evaluations.clone(),
            step,
            aggregated: increases.aggregated(&aggregations, AGGREGATION_INTERVAL),
            increases,
            aggregations,
            watched_since: Vec::new(),
        };
        for index in 0..recorded.aggregations.len() {
            let at = recorded.aggregations[index];
            let has_mean = recorded.mean_due(at, 14 * DAY / 1000, at).is_some();
            let since = recorded
                .since(at, 14 * DAY)
                .or_else(|| recorded.first_seen(at));
            if let Some(since) = since.filter(|_| has_mean || recorded.due_at(at).is_some()) {
                recorded.watched_since.push((at, since));
            }
        }
        recorded
    }

    /// Computes the figures over `seconds` at an evaluation (milliseconds).
    #[must_use]
    pub fn over(&self, at: i64, seconds: i64) -> Figures {
        let since = self.since(at, DAY).or_else(|| self.first_seen(at));
        let watched = since.map(|since| (at - since) as f64 / 1000.0);
        if seconds <= SHORT {
            return self.increases.over(at, seconds, watched);
        }
        let mut counts = Counts::default();
        for outcome in OUTCOMES {
            counts[outcome] = self.steps(at, seconds, outcome) + self.recent(at, outcome);
        }
        let last = self.last_aggregation(at - STEP_DELAY, STEP_LIFETIME_IN_PAUSE);
        let recent = last.map_or(0.0, |last| (at - last) as f64 / 1000.0);
        // The groups of the steps are evaluated after the probes are counted.
        let mean = self
            .mean_due(at - 1, seconds, at)
            .or_else(|| self.due_at(at));
        let due = mean.zip(watched);
        Figures {
            counts,
            due: due.map(|(rate, watched)| rate * watched.min(seconds as f64 + recent)),
            watched: (watched.unwrap_or_default() / seconds as f64).min(1.0),
        }
    }

    /// Returns an outcome's probes in the window that ended at the last step that counts.
    fn steps(&self, at: i64, seconds: i64, outcome: Outcome) -> u64 {
        let end = at - STEP_DELAY;
        let in_pause = self.last_aggregation(end, STEP_LIFETIME).is_none();
        let lifetime = if in_pause {
            STEP_LIFETIME_IN_PAUSE
        } else {
            STEP_LIFETIME
        };
        let steps = self.aggregations(end, lifetime);
        let counts = steps.map(|step| self.aggregated.counts_over(step, seconds)[outcome]);
        counts.into_iter().find(|count| *count > 0).unwrap_or(0)
    }

    /// Returns an outcome's probes since the last step at which its total was recorded: it had any in the hour before.
    fn recent(&self, at: i64, outcome: Outcome) -> u64 {
        let of_outcome = || {
            let counts = self.increases.counts.iter().filter(|(when, _)| *when <= at);
            counts.filter_map(|(when, counts)| Some((*when, counts[outcome])).filter(|it| it.1 > 0))
        };
        if of_outcome()
            .next_back()
            .is_none_or(|(last, _)| at - last > COUNTER_EXPIRY)
        {
            return 0;
        }
        let mut steps = self.aggregations(at - STEP_DELAY, STEP_LIFETIME_IN_PAUSE);
        let has_total = |step: &i64| {
            of_outcome().any(|(when, _)| when <= *step && *step - when <= COUNTER_EXPIRY)
        };
        let step = steps.find(has_total);
        let (mut sum, mut last) = (0, i64::MIN / 2);
        for (when, count) in of_outcome() {
            if when - last > COUNTER_EXPIRY {
                sum = 0;
            }
            if step.is_none_or(|step| when > step) {
                sum += count;
            }
            last = when;
        }
        sum
    }

    /// Returns the aggregations in the `lifetime` up to `end`, the newest first.
    fn aggregations(&self, end: i64, lifetime: i64) -> impl Iterator<Item = i64> {
        let times = self.aggregations.iter().rev().copied();
        times.filter(move |at| (end - lifetime..=end).contains(at))
    }

    fn last_aggregation(&self, end: i64, lifetime: i64) -> Option<i64> {
        self.aggregations(end, lifetime).next()
    }

    /// Returns the last mean of the probes due over `seconds` that was recorded up to `end` and is still used at `at`.
    fn mean_due(&self, end: i64, seconds: i64, at: i64) -> Option<f64> {
        let mut times = self.aggregations(end, end - (at - MEAN_LIFETIME));
        times.find_map(|time| self.aggregated.mean_due(time, seconds))
    }

    /// Returns the probes due per second that an evaluation recorded.
    fn due_at(&self, at: i64) -> Option<f64> {
        let due = self.increases.due.iter().find(|(when, _)| *when == at);
        due.map(|(_, rate)| *rate)
    }

    /// Returns the time that was recorded before `at`, and at most `lifetime` before.
    fn since(&self, at: i64, lifetime: i64) -> Option<i64> {
        let mut recorded = self.watched_since.iter().rev();
        let last = recorded.find(|(when, _)| (at - lifetime..at).contains(when));
        last.map(|(_, since)| *since)
    }

    /// Returns the earliest evaluation that found the target within the last ten minutes, as a subquery each 15 s sees it.
    fn first_seen(&self, at: i64) -> Option<i64> {
        let times = (0..=40).map(|index| at - 10 * MINUTE + index * 15_000);
        let seen = times.filter(|time| *time >= 0).find_map(|time| {
            let step = time / self.step * self.step;
            self.evaluations.binary_search(&step).ok()?;
            self.due_at(step).map(|_| step)
        });
        seen
    }
}
