//! Runs the suites in lanes. Lanes run at the same time; the suites of a lane run one after the other.

use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use super::Suite;
use super::summary::Summary;
use crate::steps::screen::Screen;
use crate::steps::{Ended, Steps};
use crate::test_run::TestRun;

/// The interval at which running steps are listed if no spinner shows them.
const HEARTBEAT: Duration = Duration::from_mins(2);

/// The niceness of the computing suites. The labs of the other suites have deadlines.
const NICE: i32 = 15;

/// A lane: suites that run one after the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lane {
    /// Compilers and checkers, which use all processors.
    Computing,
    /// Labs and browsers, whose tests wait most of the time.
    Labs,
    /// The cluster, which builds Kubernetes and then mostly waits.
    Cluster,
}

/// The suites of each lane, in order. Api and browser need only the programs that `./lab` has built already; stack waits
/// until the tests are compiled.
const LANES: [(Lane, &[Suite]); 3] = [
    (
        Lane::Computing,
        &[
            Suite::Rust,
            Suite::Monitoring,
            Suite::Terraform,
            Suite::Nix,
            Suite::Fuzz,
        ],
    ),
    (Lane::Labs, &[Suite::Api, Suite::Browser, Suite::Stack]),
    (Lane::Cluster, &[Suite::Cluster]),
];

/// The result of one suite.
type Result = (Suite, Ended, Duration);

/// Runs `chosen`, and returns the results in that order and the total time.
///
/// # Errors
/// The folder for the output of the suites can't be created.
pub fn run(test_run: &TestRun, chosen: &[Suite]) -> anyhow::Result<(Summary, Duration)> {
    let begun = Instant::now();
    let lanes = lanes(chosen);
    let mut results = match lanes.as_slice() {
        [(_, suites)] => run_lane(test_run, &Screen::Open, suites),
        lanes => side_by_side(test_run, lanes)?,
    };
    results.sort_by_key(|(suite, ..)| chosen.iter().position(|other| other == suite));
    let mut summary = Summary::default();
    for (suite, ended, took) in results {
        summary.add(suite.name(), ended, took);
    }
    Ok((summary, begun.elapsed()))
}

/// Returns the lanes with at least one of `chosen`.
fn lanes(chosen: &[Suite]) -> Vec<(Lane, Vec<Suite>)> {
    LANES
        .iter()
        .map(|(lane, suites)| {
            let chosen = suites.iter().filter(|suite| chosen.contains(suite));
            (*lane, chosen.copied().collect::<Vec<_>>())
        })
        .filter(|(_, suites)| !suites.is_empty())
        .collect()
}

fn side_by_side(test_run: &TestRun, lanes: &[(Lane, Vec<Suite>)]) -> anyhow::Result<Vec<Result>> {
    let folder = test_run.logs()?;
    let screen = Screen::side_by_side(&folder);
    screen.line(&format!(
        "The output of each suite is in {}/SUITE.log",
        folder.display()
    ));
    let (sender, receiver) = mpsc::channel();
    Ok(thread::scope(|scope| {
        for (lane, suites) in lanes {
            let (sender, screen) = (sender.clone(), &screen);
            scope.spawn(move || {
                if *lane == Lane::Computing {
                    lower_priority();
                }
                // The receiver exists until all lanes have ended.
                let _ = sender.send(run_lane(test_run, screen, suites));
            });
        }
        drop(sender);
        let mut results = Vec::new();
        loop {
            match receiver.recv_timeout(HEARTBEAT) {
                Ok(lane) => results.extend(lane),
                Err(RecvTimeoutError::Timeout) => {
                    screen
                        .still_running()
                        .iter()
                        .for_each(|line| screen.line(line));
                }
                Err(RecvTimeoutError::Disconnected) => break results,
            }
        }
    }))
}

/// Runs suites one after the other.
fn run_lane(test_run: &TestRun, screen: &Screen, suites: &[Suite]) -> Vec<Result> {
    let run = |suite: &Suite| {
        let begun = Instant::now();
        let mut steps = Steps::new(suite.name(), screen);
        // An error that aborts a suite fails it, and the next suite runs.
        if let Err(error) = suite.run(test_run, &mut steps) {
            steps.fail(&format!("{error:#}"));
        }
        (*suite, steps.end(), begun.elapsed())
    };
    suites.iter().map(run).collect()
}

/// Lowers the priority of this thread and its children. Outside Linux it may lower that of all lanes.
fn lower_priority() {
    // On failure the tests are only slower.
    let _ = rustix::process::nice(NICE);
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::ValueEnum as _;

    #[test]
    fn every_suite_is_in_one_lane_and_a_single_lane_needs_no_log_files() {
        for suite in Suite::value_variants() {
            let lanes = lanes(&[*suite]);
            assert_eq!(lanes.len(), 1, "{suite:?}");
            assert_eq!(lanes[0].1, [*suite]);
        }
        assert_eq!(lanes(&[Suite::Fuzz, Suite::Rust]).len(), 1);
        assert_eq!(lanes(Suite::value_variants()).len(), 3);
    }
}
