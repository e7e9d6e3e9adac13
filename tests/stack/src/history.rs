//! Random histories of a target, and what is true of them by brute force: no PromQL, no windows that slide, only probes and
//! what a scrape saw of them.

use std::fmt::Write as _;

/// From one scrape and one evaluation to the next, in seconds.
pub const STEP: u64 = 15;

/// How far a value that is not marked as gone is still shown, in steps: Prometheus' five minutes.
const LOOKBACK: usize = 20;
/// How far a counter is remembered, in steps: the hour of the rules.
const MEMORY: usize = 240;

/// Outcomes, in the order of every array here.
pub const OUTCOMES: [&str; 3] = ["success", "failure", "maintenance"];

/// Probes by their outcome.
pub type Counts = [u64; 3];

/// What a scrape brings at one step.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Scrape {
    /// The counters since the agent's start, and the interval in seconds.
    Seen(Counts, u64),
    /// The agent did not answer: Prometheus marks its series as gone.
    Failed,
    /// Nobody asked.
    None,
}

/// A target's life: a scrape each [`STEP`], and the probes of which it tells.
#[derive(Debug)]
pub struct History {
    /// Its name.
    pub target: String,
    /// The ratio of probes that is to succeed.
    pub objective: f64,
    scrapes: Vec<Scrape>,
    /// The probes made since the scrape before, by outcome.
    probes: Vec<Counts>,
    /// The probes that a restart at this step took along, seen by no scrape; `None` without a restart.
    lost: Vec<Option<u64>>,
    /// Whether every scrape was made and nothing was reset.
    pub is_whole: bool,
}

/// A window's truth.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Window {
    /// Probes seen.
    pub counts: Counts,
    /// Probes due; none where nothing was known of the interval.
    pub due: Option<f64>,
}

impl Window {
    /// Probes seen, whatever their outcome.
    pub fn observed(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// success / (success + failure)
    pub fn availability(&self) -> Option<f64> {
        let [success, failure, _] = self.counts;
        (success + failure > 0).then(|| success as f64 / (success + failure) as f64)
    }

    /// The share of the probes due of which the outcome is known, at most 1.
    pub fn coverage(&self) -> Option<f64> {
        self.due.map(|due| (self.observed() as f64 / due).min(1.0))
    }

    /// Failures against the probes due, or those seen where they are more, over what the objective allows.
    pub fn burn_rate(&self, objective: f64) -> Option<f64> {
        let due = self.due?.max(self.observed() as f64);
        (self.observed() > 0).then(|| self.counts[1] as f64 / due / (1.0 - objective))
    }
}

impl History {
    /// A life of so many steps. `whole` ones have no missed scrape and no restart.
    pub fn random(rng: &mut fastrand::Rng, target: &str, steps: usize, whole: bool) -> Self {
        let mut history = Self {
            target: target.to_owned(),
            objective: *rng.choice(&[0.9, 0.99, 0.999]).unwrap_or(&0.99),
            scrapes: Vec::with_capacity(steps),
            probes: Vec::with_capacity(steps),
            lost: Vec::with_capacity(steps),
            is_whole: whole,
        };
        let intervals = [5, 15, 30, 60];
        let mut interval = intervals[rng.usize(..intervals.len())];
        let mut next_probe = rng.u64(..interval);
        let mut counters = Counts::default();
        let mut unseen = 0;
        // The chances of a probe to end in each way, in percent of failures; maintenance over all.
        let mut failing: u64 = 0;
        let mut maintenance = false;
        let mut gap: (usize, Scrape) = (0, Scrape::None);
        for step in 0..steps {
            if rng.u64(..60) == 0 {
                failing = [0, 0, 5, 50, 100][rng.usize(..5)];
            }
            if rng.u64(..200) == 0 {
                maintenance = !maintenance;
            }
            if rng.u64(..400) == 0 {
                interval = intervals[rng.usize(..intervals.len())];
            }
            let mut made = Counts::default();
            let now = step as u64 * STEP;
            while next_probe <= now {
                let outcome = match () {
                    () if maintenance => 2,
                    () if rng.u64(..100) < failing => 1,
                    () => 0,
                };
                made[outcome] += 1;
                next_probe += interval;
            }
            let mut lost = None;
            if !whole && step > 0 && rng.u64(..300) == 0 {
                // A restart: what was counted since the last scrape is gone with the process.
                counters = Counts::default();
                lost = Some(unseen);
                unseen = 0;
            }
            for (counter, made) in counters.iter_mut().zip(made) {
                *counter += made;
                unseen += made;
            }
            if !whole && gap.0 == 0 && rng.u64(..150) == 0 {
                // Not near the lengths at which Prometheus forgets, where a millisecond decides.
                let lengths = [1, 1, 1, 2, 3, 10, 50, 200, 300, 450];
                let length = lengths[rng.usize(..lengths.len())];
                // A scrape that nobody makes, and that so marks nothing as gone, is a matter of moments.
                let kind = if length < LOOKBACK && rng.bool() {
                    Scrape::None
                } else {
                    Scrape::Failed
                };
                gap = (length, kind);
            }
            let scrape = if gap.0 > 0 {
                gap.0 -= 1;
                gap.1
            } else {
                unseen = 0;
                Scrape::Seen(counters, interval)
            };
            history.scrapes.push(scrape);
            history.probes.push(made);
            history.lost.push(lost);
        }
        history
    }

    /// What Prometheus shows at a step.
    fn visible(&self, step: usize) -> Option<(Counts, u64)> {
        for back in 0..LOOKBACK.min(step + 1) {
            match self.scrapes[step - back] {
                Scrape::Seen(counters, interval) => return Some((counters, interval)),
                Scrape::Failed => return None,
                Scrape::None => {}
            }
        }
        None
    }

    /// What each evaluation adds, and the probes due a second at each.
    fn steps(&self) -> (Vec<Counts>, Vec<Option<f64>>) {
        let mut added = Vec::new();
        let mut due = Vec::new();
        let mut seen: Option<(usize, Counts)> = None;
        for step in 0..self.scrapes.len() {
            let visible = self.visible(step);
            let mut counts = Counts::default();
            if let Some((now, _)) = visible {
                if let Some((at, before)) = seen
                    && step - at <= MEMORY
                {
                    for outcome in 0..3 {
                        let (now, before) = (now[outcome], before[outcome]);
                        counts[outcome] = if now >= before { now - before } else { now };
                    }
                }
                seen = Some((step, now));
            }
            added.push(counts);
            due.push(visible.map(|(_, interval)| 1.0 / interval as f64));
        }
        (added, due)
    }

    /// The window of so many steps that ends with the evaluation at `end`, as the rules count: what scrapes told.
    pub fn window(&self, end: usize, length: usize) -> Window {
        let (added, due) = self.steps();
        let from = (end + 1).saturating_sub(length);
        let mut counts = Counts::default();
        for step in &added[from..=end] {
            for (sum, count) in counts.iter_mut().zip(step) {
                *sum += count;
            }
        }
        let rates: Vec<f64> = due[from..=end].iter().flatten().copied().collect();
        let seconds = (length as u64 * STEP) as f64;
        let due =
            (!rates.is_empty()).then(|| seconds * rates.iter().sum::<f64>() / rates.len() as f64);
        Window { counts, due }
    }

    /// The probes that were made in the window, whether or not any scrape told of them.
    pub fn made(&self, end: usize, length: usize) -> Counts {
        let from = (end + 1).saturating_sub(length);
        let mut counts = Counts::default();
        // Those of the first scrape are before Prometheus knew the target.
        for step in &self.probes[from.max(1)..=end] {
            for (sum, count) in counts.iter_mut().zip(step) {
                *sum += count;
            }
        }
        counts
    }

    /// How many probes the count of a window may differ by from those made: what a gap at either of its ends puts to the
    /// other side, what a restart took along, and what was not seen for more than the hour that Prometheus remembers.
    pub fn allowance(&self, end: usize, length: usize) -> u64 {
        let from = (end + 1).saturating_sub(length);
        let probes = |step: usize| self.probes[step].iter().sum::<u64>();
        let is_gap = |step: usize| !matches!(self.scrapes[step], Scrape::Seen(..));
        let before = |edge: usize| -> u64 {
            let gap = (0..edge).rev().take_while(|step| is_gap(*step));
            gap.map(probes).sum()
        };
        let mut allowed = before(from) + before(end + 1);
        let mut unseen: (usize, u64) = (0, 0);
        let mut seen = Counts::default();
        let mut restarted = false;
        for step in 0..=end {
            if let Some(lost) = self.lost[step] {
                restarted = true;
                allowed += if step >= from { lost } else { 0 };
            }
            unseen = (unseen.0 + 1, unseen.1 + probes(step));
            let Scrape::Seen(counters, _) = self.scrapes[step] else {
                continue;
            };
            if step >= from && unseen.0 > MEMORY {
                allowed += unseen.1;
            }
            if step >= from && restarted {
                // A counter that has overtaken itself does not look like a restarted one.
                let overtaken = seen.iter().zip(counters).filter(|(seen, now)| now >= *seen);
                allowed += overtaken.map(|(seen, _)| seen).sum::<u64>();
            }
            (unseen, seen, restarted) = ((0, 0), counters, false);
        }
        allowed
    }

    /// The series of a promtool test that tell this history.
    pub fn input_series(&self) -> String {
        let labels = format!(
            "job=\"ping-agent\", instance=\"a:8080\", target=\"{}\"",
            self.target
        );
        let mut text = String::new();
        let mut series = |name: &str, value: &dyn Fn(Counts, u64) -> String| {
            let _ = write!(
                text,
                "      - series: '{name}{{{labels}}}'\n        values: '"
            );
            let mut gone = false;
            for scrape in &self.scrapes {
                let word = match scrape {
                    Scrape::Seen(counts, interval) => value(*counts, *interval),
                    Scrape::Failed if !gone => "stale".to_owned(),
                    _ => "_".to_owned(),
                };
                gone = *scrape == Scrape::Failed;
                let _ = write!(text, "{word} ");
            }
            text.push_str("'\n");
        };
        for (outcome, name) in OUTCOMES.into_iter().enumerate() {
            series(&format!("ping_{name}_total"), &|counts, _| {
                counts[outcome].to_string()
            });
        }
        series("ping_interval_seconds", &|_, interval| interval.to_string());
        // Stays, so that the end of a gap does not decide whether there is a burn rate.
        let _ = write!(
            text,
            "      - series: 'ping_slo_objective_ratio{{{labels}}}'\n        values: '{}x{}'\n",
            self.objective,
            self.scrapes.len()
        );
        text
    }
}
