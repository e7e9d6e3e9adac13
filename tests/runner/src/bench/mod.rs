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

use clap::{Args, ValueEnum};
use lab::cli::Error;
use lab::state::paths::Installation;
use lab::terminal::output;
use reqwest::Client;
use tokio::runtime::Runtime;

use self::figure::Figure;

/// Arguments of `bench`.
#[derive(Debug, Args)]
pub struct BenchArgs {
    /// The benchmarks to run [default: all]
    #[arg(value_name = "NAME")]
    pub names: Vec<Benchmark>,

    /// List the benchmarks
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
            .map(|(_, value)| {
                let about = value.get_help().map(ToString::to_string);
                format!("{:<12} {}\n", value.get_name(), about.unwrap_or_default())
            })
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
