//! The terms of the page, each explained in a sentence.

pub(crate) const AVAILABILITY: &str = "Availability: successful probes divided by all probes. Probes during maintenance do not count.";

pub(crate) const COVERAGE: &str =
    "Coverage: the share of the due probes whose result is known. The rest is unknown.";

pub(crate) const ERROR_BUDGET: &str = "Error budget: the failures that the objective allows. \
     An objective of 99.9% leaves 0.1% of the probes of 14 days.";

pub(crate) const BURN_RATE: &str = "Burn rate: how fast failures use up the error budget. \
     A rate of 1 uses it up in exactly 14 days, a rate of 14 in one day.";

pub(crate) const P95: &str =
    "p95: 95 of 100 responses were at least this fast. The median (p50) is the middle one.";

/// All of them, for a page that shows all figures.
pub(crate) const ALL: [&str; 5] = [AVAILABILITY, COVERAGE, ERROR_BUDGET, BURN_RATE, P95];
