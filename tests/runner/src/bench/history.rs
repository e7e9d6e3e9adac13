//! Writes a day of history for many targets. Without history the page would be smaller than in normal operation.

use std::io::Write;

use jiff::Timestamp;
use lab::state::paths::StateDir;
use lab::tools::Tools;

use super::blocks;

/// The interval between samples of the recorded series (monitoring/prometheus/rules/probes.yml).
const STEP_SECONDS: i64 = 240;

/// The number of samples.
const STEPS: i64 = 86_400 / STEP_SECONDS;

/// The age of the last sample, so that the lab's own samples come after it.
const END_SECONDS: i64 = 60;

/// The interval between probes, the lab's default.
const INTERVAL_SECONDS: i64 = 15;

/// The number of probes due in a step.
const DUE: i64 = STEP_SECONDS / INTERVAL_SECONDS;

/// The windows that are recorded every four minutes and shown in every row.
const WINDOWS: [&str; 3] = ["1d", "3d", "14d"];

/// Writes Prometheus blocks in which each of `targets` was probed for a day and failed now and then.
///
/// # Errors
/// promtool fails, or the disk is full.
pub fn write(state: &StateDir, tools: &Tools, targets: &[String]) -> anyhow::Result<()> {
    blocks::write(state, tools, |out| write_samples(out, targets))
}

fn write_samples(out: &mut dyn Write, targets: &[String]) -> std::io::Result<()> {
    let end = Timestamp::now().as_second() - END_SECONDS;
    // The page reads a day from the increases at each evaluation. One sample for each step gives the same sums for a slot.
    writeln!(out, "# TYPE target:probes:increase gauge")?;
    for (index, target) in (0_i64..).zip(targets) {
        for (outcome, count) in [("success", successes as Count), ("failure", failures)] {
            for (step, time) in times(end) {
                let count = count(index, step);
                if count > 0 {
                    writeln!(
                        out,
                        "target:probes:increase{{target=\"{target}\",outcome=\"{outcome}\"}} {count} {time}"
                    )?;
                }
            }
        }
    }
    writeln!(out, "# TYPE target:probes_due:rate gauge")?;
    let rate = 1.0 / INTERVAL_SECONDS as f64;
    for target in targets {
        for (_, time) in times(end) {
            writeln!(
                out,
                "target:probes_due:rate{{target=\"{target}\"}} {rate} {time}"
            )?;
        }
    }
    write_counts(out, targets, end)
}

/// Writes the last results of the rules that are evaluated every four minutes.
fn write_counts(out: &mut dyn Write, targets: &[String], end: i64) -> std::io::Result<()> {
    writeln!(out, "# TYPE target:probes:count gauge")?;
    for (index, target) in (0_i64..).zip(targets) {
        for window in WINDOWS {
            for (outcome, count) in [("success", successes as Count), ("failure", failures)] {
                let sum: i64 = (0..STEPS).map(|step| count(index, step)).sum();
                writeln!(
                    out,
                    "target:probes:count{{target=\"{target}\",outcome=\"{outcome}\",window=\"{window}\"}} {sum} {end}"
                )?;
            }
        }
    }
    writeln!(out, "# TYPE target:probes_due:count gauge")?;
    for target in targets {
        for window in WINDOWS {
            writeln!(
                out,
                "target:probes_due:count{{target=\"{target}\",window=\"{window}\"}} {} {end}",
                STEPS * DUE
            )?;
        }
    }
    Ok(())
}

/// Returns each step with its time (seconds since 1970).
fn times(end: i64) -> impl Iterator<Item = (i64, i64)> {
    (0..STEPS).map(move |step| (step, end - (STEPS - 1 - step) * STEP_SECONDS))
}

/// The number of a target's successes or failures in a step.
type Count = fn(i64, i64) -> i64;

fn successes(target: i64, step: i64) -> i64 {
    DUE - failures(target, step)
}

/// Returns failures for about one step in a hundred, different for each target.
fn failures(target: i64, step: i64) -> i64 {
    let spread = (target * 7_919 + step * 104_729) % 10_007;
    if spread % 101 == 0 {
        1 + spread % DUE
    } else {
        0
    }
}
