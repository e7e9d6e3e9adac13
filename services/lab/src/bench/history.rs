//! A day of history for many targets, as if the lab had been up: the page without it would be smaller than it will be.

use std::fs::{self, File};
use std::io::{BufWriter, Write as _};
use std::process::Command;

use anyhow::Context as _;
use jiff::Timestamp;

use crate::paths::StateDir;
use crate::tools::{Tools, run};

/// The steps of the series that the history is drawn from (monitoring/prometheus/rules/probes.yml).
const STEP_SECONDS: i64 = 240;

/// How far back it goes.
const STEPS: i64 = 86_400 / STEP_SECONDS;

/// How long before now it ends: the lab's own first samples are to come after it.
const END_SECONDS: i64 = 60;

/// From one probe to the next, as the lab's default.
const INTERVAL_SECONDS: i64 = 15;

/// Writes blocks for Prometheus' data folder in which each of `targets` was probed for a day, and failed now and then.
///
/// # Errors
/// promtool fails, or the disk is full.
pub fn write(state: &StateDir, tools: &Tools, targets: &[String]) -> anyhow::Result<()> {
    let data = state.prometheus_data();
    fs::create_dir_all(&data)?;
    let samples = tempfile::NamedTempFile::new_in(state.path())?;
    write_samples(samples.as_file(), targets).context("can't write the history")?;
    run(Command::new(&tools.prometheus.promtool)
        .args(["tsdb", "create-blocks-from", "--max-block-duration=24h"])
        .args(["--quiet", "openmetrics"])
        .arg(samples.path())
        .arg(&data))?;
    Ok(())
}

fn write_samples(file: &File, targets: &[String]) -> std::io::Result<()> {
    let mut out = BufWriter::new(file);
    let end = Timestamp::now().as_second() - END_SECONDS;
    let times = || (0..STEPS).map(|step| (step, end - (STEPS - 1 - step) * STEP_SECONDS));
    let due = STEP_SECONDS / INTERVAL_SECONDS;
    writeln!(out, "# TYPE target:probes:increase4m gauge")?;
    for (index, target) in (0_i64..).zip(targets) {
        for (outcome, is_failure) in [("success", false), ("failure", true)] {
            for (step, time) in times() {
                let failures = failures(index, step, due);
                let count = if is_failure { failures } else { due - failures };
                if count > 0 {
                    writeln!(
                        out,
                        "target:probes:increase4m{{target=\"{target}\",outcome=\"{outcome}\"}} {count} {time}"
                    )?;
                }
            }
        }
    }
    writeln!(out, "# TYPE target:probes_due:rate4m gauge")?;
    let rate = 1.0 / INTERVAL_SECONDS as f64;
    for target in targets {
        for (_, time) in times() {
            writeln!(
                out,
                "target:probes_due:rate4m{{target=\"{target}\"}} {rate} {time}"
            )?;
        }
    }
    writeln!(out, "# EOF")?;
    out.flush()
}

/// How many of the `due` probes of a step failed: one step in a hundred has some, at another place for each target.
fn failures(target: i64, step: i64, due: i64) -> i64 {
    let spread = (target * 7_919 + step * 104_729) % 10_007;
    if spread % 101 == 0 {
        1 + spread % due
    } else {
        0
    }
}
