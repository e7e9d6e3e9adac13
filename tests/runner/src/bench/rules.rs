//! Measures the evaluation time of the rules in Prometheus with 1,000 targets and two weeks of history.

use std::io::Write;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use jiff::Timestamp;
use lab::http::prometheus::Prometheus;
use lab::part::Part;
use lab::state::paths::{Installation, StateDir};
use tokio::runtime::Runtime;
use tokio::time::sleep;

use super::blocks;
use super::figure::{Figure, percentile};
use crate::labs;

const TARGETS: usize = 1_000;

/// Every tenth target fails, so that failures have series, too.
const FAILING: usize = 10;

/// The design limit for all groups of `evaluation_interval` together, and for each group.
const SECONDS: f64 = 1.0;

/// The longest interval of a group, and time for its evaluation to be scraped.
const EVERY_GROUP: Duration = Duration::from_secs(5 * 60);

/// How long the lab runs afterwards, so that ranges of five minutes are full and begin after the first evaluations.
const SETTLED: Duration = Duration::from_secs(315);

/// Each group's median over five minutes. Its last evaluation may be older than that.
const GROUPS: &str = "quantile_over_time(0.5, prometheus_rule_group_last_duration_seconds[5m])";

/// The number of groups without an evaluation; empty until Prometheus has scraped itself.
const MISSING: &str = "count(prometheus_rule_group_last_evaluation_timestamp_seconds) \
    - (count(prometheus_rule_group_last_evaluation_timestamp_seconds > 1e9) or vector(0))";

/// The query that a dashboard would need without recording rules, over the same two weeks.
const PEER: &str = "count(sum_over_time(target:probes:increase4m[14d]))";

/// The number of the peer's queries.
const QUERIES: usize = 21;

const HOUR: i64 = 3_600;
const DAY: i64 = 24 * HOUR;

/// The seconds between evaluations, as in `prometheus.yml`, and between probes.
const STEP: i64 = 15;

pub fn measure(installation: &Installation, runtime: &Runtime) -> anyhow::Result<Vec<Figure>> {
    eprintln!("   writing two weeks of history for {TARGETS} targets");
    let (mut lab, tools) = labs::prepare(installation, &targets())?;
    let agent = lab.address(Part::PingAgent.name()).to_string();
    let state = StateDir::new(lab.state_dir())?;
    blocks::write(&state, &tools, |out| write_samples(out, &agent))?;
    lab.up_attached()?;
    let prometheus = Prometheus::new(&lab.url(Part::Prometheus.name(), ""))?;
    runtime.block_on(evaluations(&prometheus))
}

async fn evaluations(prometheus: &Prometheus) -> anyhow::Result<Vec<Figure>> {
    eprintln!(
        "   waiting for every group of rules, at most {} minutes",
        EVERY_GROUP.as_secs() / 60
    );
    let begun = Instant::now();
    while prometheus.scalar(MISSING).await? != Some(0.0) {
        ensure!(
            begun.elapsed() < EVERY_GROUP,
            "after {} minutes not every group of rules was evaluated",
            EVERY_GROUP.as_secs() / 60
        );
        sleep(Duration::from_secs(5)).await;
    }
    eprintln!(
        "   and {} s more, until ranges of 5 minutes are full",
        SETTLED.as_secs()
    );
    sleep(SETTLED).await;
    let frequent = "and prometheus_rule_group_interval_seconds == 15";
    let frequent = scalar(prometheus, &format!("sum({GROUPS} {frequent})")).await?;
    let slowest = scalar(prometheus, &format!("max({GROUPS})")).await?;
    let peers = peer(prometheus).await?;
    let figure = |name, value| Figure {
        name,
        value,
        limit: SECONDS,
        peer: "one_query_over_14d",
        peers,
    };
    Ok(vec![
        figure("every_15s_seconds", frequent),
        figure("slowest_group_seconds", slowest),
    ])
}

/// Returns the median response time in seconds.
async fn peer(prometheus: &Prometheus) -> anyhow::Result<f64> {
    let mut times = Vec::new();
    for _ in 0..QUERIES {
        let begun = Instant::now();
        let found = scalar(prometheus, PEER).await?;
        ensure!(found >= TARGETS as f64, "the history has {found} series");
        times.push(begun.elapsed());
    }
    times.sort();
    Ok(percentile(&times, 50) / 1000.0)
}

async fn scalar(prometheus: &Prometheus, query: &str) -> anyhow::Result<f64> {
    let value = prometheus.scalar(query).await?;
    value.with_context(|| format!("Prometheus returned no value for {query}"))
}

/// Returns a `targets.toml` of endpoints with different URLs. Some of them don't exist.
fn targets() -> String {
    let target = |index| {
        let name = name(index);
        let path = if fails(index) { "nowhere" } else { "ok" };
        format!(
            "[[target]]\nname = \"{name}\"\nurl = \"http://demo-target:8080/{path}?n={index}\"\nlatency_objective_seconds = 0.5\n\n"
        )
    };
    (0..TARGETS).map(target).collect()
}

fn name(index: usize) -> String {
    format!("target-{index:04}")
}

fn fails(index: usize) -> bool {
    index.is_multiple_of(FAILING)
}

/// Writes the series that `monitoring/prometheus/rules/probes.yml` records, as far back as the rules read.
fn write_samples(out: &mut dyn Write, agent: &str) -> std::io::Result<()> {
    let mut history = History {
        out,
        now: Timestamp::now().as_second(),
    };
    let agent = format!(",job=\"ping-agent\",instance=\"{agent}\"");
    let so_far = |ago: i64| (14 * DAY - ago) / STEP;
    history.of_outcomes("instance:probes:seen", &agent, (HOUR, STEP), &so_far)?;
    history.of_outcomes("target:probes:total", "", (HOUR, STEP), &so_far)?;
    for (suffix, span, step) in [("", HOUR, STEP), ("4m", 14 * DAY, 240)] {
        let increase = format!("target:probes:increase{suffix}");
        history.of_outcomes(&increase, "", (span, step), &|_| step / STEP)?;
        history.of_targets(&format!("target:probes_due:rate{suffix}"), (span, step))?;
    }
    Ok(())
}

struct History<'a> {
    out: &'a mut dyn Write,
    /// The current time in seconds since 1970.
    now: i64,
}

/// The age of the oldest sample and the interval between samples, in seconds.
type Times = (i64, i64);

impl History<'_> {
    /// Writes a series for each outcome of each target. `value` receives the age in seconds.
    fn of_outcomes(
        &mut self,
        metric: &str,
        labels: &str,
        times: Times,
        value: &dyn Fn(i64) -> i64,
    ) -> std::io::Result<()> {
        writeln!(self.out, "# TYPE {metric} gauge")?;
        for index in 0..TARGETS {
            let failure = fails(index).then_some("failure");
            for outcome in std::iter::once("success").chain(failure) {
                let name = name(index);
                let labels = format!("target=\"{name}\",outcome=\"{outcome}\"{labels}");
                self.series(metric, &labels, times, &|ago| value(ago) as f64)?;
            }
        }
        Ok(())
    }

    fn of_targets(&mut self, metric: &str, times: Times) -> std::io::Result<()> {
        writeln!(self.out, "# TYPE {metric} gauge")?;
        for index in 0..TARGETS {
            let labels = format!("target=\"{}\"", name(index));
            self.series(metric, &labels, times, &|_| 1.0 / STEP as f64)?;
        }
        Ok(())
    }

    fn series(
        &mut self,
        metric: &str,
        labels: &str,
        (span, step): Times,
        value: &dyn Fn(i64) -> f64,
    ) -> std::io::Result<()> {
        for ago in (1..=span / step).rev().map(|index| index * step) {
            let (value, time) = (value(ago), self.now - ago);
            writeln!(self.out, "{metric}{{{labels}}} {value} {time}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::accepted;
    use super::*;

    #[test]
    fn the_targets_are_accepted() {
        assert_eq!(accepted(&super::targets()), TARGETS);
    }
}
