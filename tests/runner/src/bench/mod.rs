//! `bench`: measures the design limits on this machine, and a peer in the same run.

mod blocks;
mod figure;
mod history;
mod hostile;
mod page;
mod rules;
mod static_server;

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::time::Duration;

use clap::builder::PossibleValue;
use clap::{Args, ValueEnum};
use lab::cli::{Error, WIDTH};
use lab::state::paths::Installation;
use lab::terminal::{output, words};
use reqwest::Client;
use tokio::runtime::Runtime;

use self::figure::{Figure, PassMark};

/// Arguments of `bench`.
#[derive(Debug, Args)]
pub struct BenchArgs {
    /// The benchmarks to run [default: all]
    #[arg(value_name = "NAME")]
    pub names: Vec<Benchmark>,

    /// List the benchmarks with the limits of their figures
    #[arg(long)]
    pub list: bool,

    /// Print one JSON object keyed by benchmark; the names of its figures include the units
    #[arg(long)]
    pub json: bool,
}

/// A benchmark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Benchmark {
    /// The status page with 1,000 targets: time to its first byte, and its compressed size
    Page,
    /// Misbehaving peers of every kind for ten minutes: memory, health, probes, rules and alerts
    Hostile,
    /// Prometheus' time to evaluate all rules with 1,000 targets and two weeks of history
    Rules,
}

impl Benchmark {
    /// Returns the limit of each figure, as text.
    fn pass_marks(self) -> Vec<String> {
        let (marks, others): (&[PassMark], &[&str]) = match self {
            Self::Page => (&page::PASS_MARKS, &[]),
            Self::Hostile => (&hostile::PASS_MARKS, &hostile::MEMORY),
            Self::Rules => (&rules::PASS_MARKS, &[]),
        };
        let marks = marks.iter();
        let marks = marks.map(|mark| format!("{} <= {}", mark.name, mark.limit));
        marks
            .chain(others.iter().map(|it| (*it).to_owned()))
            .collect()
    }

    fn measure(
        self,
        installation: &Installation,
        runtime: &Runtime,
    ) -> anyhow::Result<Vec<Figure>> {
        match self {
            Self::Page => page::measure(installation, runtime),
            Self::Hostile => hostile::measure(installation, runtime),
            Self::Rules => rules::measure(installation, runtime),
        }
    }
}

/// Runs the benchmarks that `args` name, else all. The exit code is 1 if a figure exceeds its limit.
///
/// # Errors
/// A benchmark can't be run here.
pub fn run(
    installation: &Installation,
    runtime: &Runtime,
    args: &BenchArgs,
) -> Result<ExitCode, Error> {
    let benchmarks: Vec<_> = Benchmark::value_variants()
        .iter()
        .filter_map(|benchmark| Some((*benchmark, benchmark.to_possible_value()?)))
        .collect();
    if args.list {
        let lines: String = benchmarks
            .iter()
            .map(|(benchmark, value)| list_entry(*benchmark, value))
            .collect();
        output::print(&lines)?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut measured = BTreeMap::new();
    for (benchmark, value) in &benchmarks {
        if args.names.is_empty() || args.names.contains(benchmark) {
            let figures = benchmark.measure(installation, runtime)?;
            measured.insert(value.get_name().to_owned(), figures);
        }
    }
    output::print(&if args.json {
        figure::json(&measured)
    } else {
        figure::table(&measured)
    })?;
    let good = measured.values().flatten().all(Figure::is_within_limit);
    Ok(if good {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Formats a benchmark with the limits of its figures.
fn list_entry(benchmark: Benchmark, value: &PossibleValue) -> String {
    let about = value.get_help().map(ToString::to_string);
    let about = words::wrap(&about.unwrap_or_default(), WIDTH - 12);
    let lines = about.lines().map(str::to_owned);
    let marks = benchmark.pass_marks().into_iter();
    let lines = lines.chain(marks.map(|mark| format!("  {mark}")));
    let names = [value.get_name()].into_iter().chain(std::iter::repeat(""));
    names
        .zip(lines)
        .map(|(name, line)| format!("{name:<12}{line}\n"))
        .collect()
}

/// Builds a client that opens a new connection for each request, as a visitor does.
fn visitor(timeout: Duration) -> anyhow::Result<Client> {
    Ok(http_client::client([], |builder| {
        builder
            .no_proxy()
            .pool_max_idle_per_host(0)
            .timeout(timeout)
    })?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_has_every_limit_and_fits() {
        for benchmark in Benchmark::value_variants() {
            let entry = list_entry(*benchmark, &benchmark.to_possible_value().unwrap());
            for mark in benchmark.pass_marks() {
                assert!(entry.contains(&mark), "{entry}");
            }
            let width = entry.lines().map(|line| line.chars().count()).max();
            assert!(width <= Some(WIDTH), "{entry}");
        }
    }

    /// Counts the targets of a `targets.toml`, parsed as the services do.
    pub fn accepted(text: &str) -> usize {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("targets.toml");
        std::fs::write(&file, text).unwrap();
        let set = targets::TargetSource::new(None, Some(file), targets::Defaults::for_listing())
            .load()
            .unwrap();
        set.len()
    }
}
