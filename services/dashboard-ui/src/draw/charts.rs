//! The history of all targets as rows show it: bar, availability, error budget and latency. It is rendered once for all
//! readers.

use std::collections::HashMap;
use std::sync::Arc;

use askama::Template;
use gateway_api::history::{HistoryAnswer, LatencyAnswer, Range, TargetHistory, TargetLatency};
use gateway_api::slo::{Slo, TargetSlo};

use super::bar::Bar;
use super::plot;
use crate::gateway::{Gateway, GatewayError};
use crate::text::time::measured;
use crate::text::words::{budget, percent};

/// The height of a row's latency line.
const SPARK_HEIGHT: f64 = 20.0;

/// The history of all targets.
#[derive(Debug)]
pub(crate) struct Charts {
    by_target: HashMap<Arc<str>, Chart>,
    /// The chart of a target without a history.
    none: Chart,
    /// Sentences that name the missing figures.
    pub missing: Vec<String>,
}

/// One target's history.
#[derive(Debug)]
pub(crate) struct Chart {
    /// The part of the row that shows it.
    pub html: String,
    /// The parts that change rarely: bar, availability, error budget.
    steady: String,
    /// The availability as text: `99.95%`.
    pub availability: Option<String>,
    /// The newest 95th percentile of the latency.
    pub p95: Option<String>,
}

impl Charts {
    /// Fetches the history of all targets.
    pub(crate) async fn fetch(gateway: Gateway, range: Range) -> Self {
        let gateway = gateway.with_long_timeout();
        let query = [("range", range.as_str())];
        let (history, latency, slo) = tokio::join!(
            gateway.get_all(&["history"], &query),
            gateway.get_all(&["latency"], &query),
            gateway.get_all(&["slo"], &[]),
        );
        Self::new(range, history, latency, slo)
    }

    pub(crate) fn new(
        range: Range,
        history: Result<HistoryAnswer, GatewayError>,
        latency: Result<LatencyAnswer, GatewayError>,
        slo: Result<Slo, GatewayError>,
    ) -> Self {
        let mut missing = Missing::new();
        let mut targets: HashMap<Arc<str>, TargetFigures> = HashMap::new();
        for history in present(history.map(|it| it.targets), "bars", &mut missing) {
            let name = Arc::clone(&history.target);
            targets.entry(name).or_default().history = Some(history);
        }
        for latency in present(latency.map(|it| it.targets), "latencies", &mut missing) {
            let name = Arc::clone(&latency.target);
            targets.entry(name).or_default().latency = Some(latency);
        }
        for slo in present(slo.map(|it| it.targets), "error budgets", &mut missing) {
            let name = Arc::clone(&slo.target);
            targets.entry(name).or_default().slo = Some(slo);
        }
        let chart = |(target, figures): (Arc<str>, TargetFigures)| (target, figures.chart(range));
        Self {
            by_target: targets.into_iter().map(chart).collect(),
            none: TargetFigures::default().chart(range),
            missing: missing.into_iter().map(sentence).collect(),
        }
    }

    /// Returns charts without data, for the time until the gateway has answered.
    pub(crate) fn pending(range: Range) -> Self {
        Self::without(range, "Bars and figures are still being fetched.")
    }

    /// Returns charts without data, for the time during which the gateway does not answer.
    pub(crate) fn unavailable(range: Range) -> Self {
        Self::without(
            range,
            "Bars and figures are missing until api-gateway answers.",
        )
    }

    fn without(range: Range, why: &str) -> Self {
        Self {
            by_target: HashMap::new(),
            none: TargetFigures::default().chart(range),
            missing: vec![why.to_owned()],
        }
    }

    /// Returns a target's chart.
    pub(crate) fn get(&self, target: &str) -> &Chart {
        self.by_target.get(target).unwrap_or(&self.none)
    }

    /// Returns the targets whose charts look different from `before`. If there are more than `max`, because a thousand
    /// latencies moved by a millisecond, it returns only those whose bar, availability or error budget differs.
    pub(crate) fn differences(&self, before: &Self, max: usize) -> Vec<Arc<str>> {
        let differ = |part: fn(&Chart) -> &str| {
            let names = self.by_target.keys().chain(before.by_target.keys());
            let differs = |name: &&Arc<str>| part(self.get(name)) != part(before.get(name));
            names.filter(differs).cloned().collect::<Vec<_>>()
        };
        let all = differ(|chart| &chart.html);
        if all.len() > max {
            return differ(|chart| &chart.steady);
        }
        all
    }
}

/// The missing figures, by the error that caused it.
type Missing = Vec<(GatewayError, Vec<&'static str>)>;

/// Returns the targets of a response. On an error, records `figures` as missing and returns none.
fn present<T>(
    targets: Result<Vec<T>, GatewayError>,
    figures: &'static str,
    missing: &mut Missing,
) -> Vec<T> {
    targets.unwrap_or_else(|error| {
        match missing.iter_mut().find(|(it, _)| *it == error) {
            Some((_, names)) => names.push(figures),
            None => missing.push((error, vec![figures])),
        }
        Vec::new()
    })
}

fn sentence((error, figures): (GatewayError, Vec<&str>)) -> String {
    format!("Missing: {}. api-gateway {error}.", figures.join(", "))
}

/// The history of one target, as far as it was fetched.
#[derive(Debug, Default)]
struct TargetFigures {
    history: Option<TargetHistory>,
    latency: Option<TargetLatency>,
    slo: Option<TargetSlo>,
}

/// `templates/figures.html`: the part of a row that shows the history.
#[derive(Debug, Template)]
#[template(path = "figures.html")]
struct Figures<'a> {
    bar: String,
    bar_words: String,
    availability: Option<&'a str>,
    coverage: Option<String>,
    budget: Option<(String, bool)>,
    p50_line: String,
    p95_line: String,
    /// The newest median and 95th percentile, as text.
    latency: Option<(String, String)>,
}

impl TargetFigures {
    fn chart(self, range: Range) -> Chart {
        let bar = self.history.as_ref().map_or_else(Bar::unknown, Bar::new);
        let overall = self.history.map(|history| history.overall);
        let coverage = overall.as_ref().and_then(|overall| overall.coverage);
        let availability = overall.and_then(|overall| overall.availability);
        let (p50, p95) = self
            .latency
            .as_ref()
            .map_or_else(Default::default, |latency| {
                (plot::coarse(&latency.p50), plot::coarse(&latency.p95))
            });
        let top = plot::top(p95.iter().chain(&p50));
        let newest = |quantile: fn(&TargetLatency) -> &[Option<f64>]| {
            let latency = self.latency.as_ref()?;
            let seconds = quantile(latency).iter().rev().take(2).find_map(|it| *it)?;
            Some(measured(seconds, latency.at_most_seconds))
        };
        let (newest50, newest95) = (newest(|it| &it.p50), newest(|it| &it.p95));
        let remaining = self.slo.and_then(|slo| slo.error_budget_remaining_ratio);
        let figures = Figures {
            bar: bar.paths(),
            bar_words: bar.describe(range, availability.as_deref()),
            availability: availability.as_deref(),
            coverage: coverage.map(percent),
            budget: remaining.map(budget),
            p50_line: plot::line(&p50, 1, top, SPARK_HEIGHT),
            p95_line: plot::line(&p95, 1, top, SPARK_HEIGHT),
            latency: newest50.zip(newest95.clone()),
        };
        let steady = format!("{}{}{:?}", figures.bar, figures.bar_words, figures.budget);
        Chart {
            steady,
            // A template over strings does not fail.
            html: figures.render().unwrap_or_default(),
            availability,
            p95: newest95,
        }
    }
}
