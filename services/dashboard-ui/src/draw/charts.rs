//! What rows show of the past, made once for all who look: bar, availability, budget, latency.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use askama::Template;

use crate::cache::Fetched;
use crate::draw::bar::Bar;
use crate::draw::plot;
use crate::gateway::history::{ByTarget, Latency, Slo, Slots};
use crate::gateway::{Gateway, GatewayError};
use crate::range::Range;
use crate::text::words::{budget, percent};

/// How long it is good for; the gateway's own figures are 15 s old at most.
const FRESH_FOR: Duration = Duration::from_secs(15);

/// The height of a row's line.
const SPARK_HEIGHT: f64 = 20.0;

/// What is known of the past of all targets.
#[derive(Debug)]
pub(crate) struct Charts {
    of: HashMap<String, Chart>,
    /// For a target without a past.
    none: Chart,
    /// What could not be had, in sentences.
    pub missing: Vec<String>,
}

/// One target's past.
#[derive(Debug)]
pub(crate) struct Chart {
    /// Its part of the row.
    pub html: String,
    /// What of it does not change by the second.
    steady: String,
    /// As text: `99.95%`.
    pub availability: Option<String>,
    /// 95 % of the answers came within this, of late.
    pub p95: Option<String>,
}

impl Charts {
    /// Asks the gateway for everything at once.
    pub(crate) async fn fetch(gateway: Gateway, range: Range) -> Fetched<Arc<Self>> {
        let gateway = gateway.patient();
        let query = [("range", range.query())];
        let (slots, latency, slo) = tokio::join!(
            gateway.all(&["history"], &query),
            gateway.all(&["latency"], &query),
            gateway.all(&["slo"], &[]),
        );
        let charts = Self::new(range, slots, latency, slo);
        (Arc::new(charts), FRESH_FOR)
    }

    pub(crate) fn new(
        range: Range,
        slots: Result<ByTarget<Slots>, GatewayError>,
        latency: Result<ByTarget<Latency>, GatewayError>,
        slo: Result<ByTarget<Slo>, GatewayError>,
    ) -> Self {
        let mut missing = Missing::new();
        let mut past: HashMap<String, Past> = HashMap::new();
        for slots in told(slots, "bars", &mut missing) {
            let name = slots.target.clone();
            past.entry(name).or_default().slots = Some(slots);
        }
        for latency in told(latency, "latencies", &mut missing) {
            let name = latency.target.clone();
            past.entry(name).or_default().latency = Some(latency);
        }
        for slo in told(slo, "error budgets", &mut missing) {
            let name = slo.target.clone();
            past.entry(name).or_default().slo = Some(slo);
        }
        let chart = |(target, past): (String, Past)| (target, past.chart(range));
        Self {
            of: past.into_iter().map(chart).collect(),
            none: Past::default().chart(range),
            missing: missing.into_iter().map(sentence).collect(),
        }
    }

    /// What is shown until the gateway has answered.
    pub(crate) fn pending(range: Range) -> Self {
        Self::without(range, "Bars and figures are still being fetched.")
    }

    /// What is shown while the gateway does not answer.
    pub(crate) fn away(range: Range) -> Self {
        Self::without(
            range,
            "Bars and figures are missing until api-gateway answers.",
        )
    }

    fn without(range: Range, why: &str) -> Self {
        Self {
            of: HashMap::new(),
            none: Past::default().chart(range),
            missing: vec![why.to_owned()],
        }
    }

    pub(crate) fn of(&self, target: &str) -> &Chart {
        self.of.get(target).unwrap_or(&self.none)
    }

    /// The targets that look different from how they did. Where those are more than `max`, which they are whenever a
    /// thousand latencies move by a millisecond, only those with another bar, availability or budget.
    pub(crate) fn differences(&self, before: &Self, max: usize) -> Vec<String> {
        let differ = |what: fn(&Chart) -> &str| {
            let names = self.of.keys().chain(before.of.keys());
            let differs = |name: &&String| what(self.of(name)) != what(before.of(name));
            names.filter(differs).cloned().collect::<Vec<_>>()
        };
        let all = differ(|chart| &chart.html);
        if all.len() > max {
            return differ(|chart| &chart.steady);
        }
        all
    }
}

/// What is missing, by the reason.
type Missing = Vec<(GatewayError, Vec<&'static str>)>;

/// The targets of an answer; that there is none is noted.
fn told<T>(
    answer: Result<ByTarget<T>, GatewayError>,
    what: &'static str,
    missing: &mut Missing,
) -> Vec<T> {
    match answer {
        Ok(answer) => answer.targets,
        Err(error) => {
            match missing.iter_mut().find(|(it, _)| *it == error) {
                Some((_, known)) => known.push(what),
                None => missing.push((error, vec![what])),
            }
            Vec::new()
        }
    }
}

fn sentence((error, what): (GatewayError, Vec<&str>)) -> String {
    format!("Missing here: {}. api-gateway {error}.", what.join(", "))
}

#[derive(Debug, Default)]
struct Past {
    slots: Option<Slots>,
    latency: Option<Latency>,
    slo: Option<Slo>,
}

/// `templates/figures.html`: the part of a row that is about the past.
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
    /// Both, in words.
    latency: Option<(String, String)>,
}

impl Past {
    fn chart(self, range: Range) -> Chart {
        let bar = self.slots.as_ref().map_or_else(Bar::unknown, Bar::new);
        let overall = self.slots.map(|slots| slots.overall).unwrap_or_default();
        let line = self.latency.unwrap_or_default();
        let (p50, p95) = (plot::coarse(&line.p50), plot::coarse(&line.p95));
        let top = plot::top(p95.iter().chain(&p50));
        let of_late = |values: &[Option<f64>]| values.iter().rev().take(2).find_map(|it| *it);
        let (now50, now95) = (of_late(&line.p50), of_late(&line.p95));
        let now95 = now95.map(|seconds| line.words(seconds));
        let figures = Figures {
            bar: bar.paths(),
            bar_words: bar.words(range, overall.availability.as_deref()),
            availability: overall.availability.as_deref(),
            coverage: overall.coverage.map(percent),
            budget: self
                .slo
                .and_then(|slo| slo.error_budget_remaining_ratio)
                .map(budget),
            p50_line: plot::line(&p50, 1, top, SPARK_HEIGHT),
            p95_line: plot::line(&p95, 1, top, SPARK_HEIGHT),
            latency: now50.map(|seconds| line.words(seconds)).zip(now95.clone()),
        };
        let steady = format!("{}{}{:?}", figures.bar, figures.bar_words, figures.budget);
        Chart {
            steady,
            // A template over strings does not fail.
            html: figures.render().unwrap_or_default(),
            availability: overall.availability,
            p95: now95,
        }
    }
}
