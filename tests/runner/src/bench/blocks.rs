//! Writes history into a lab's Prometheus before it starts.

use std::fs;
use std::io::{BufWriter, Write};
use std::process::Command;

use anyhow::Context as _;
use lab::state::paths::StateDir;
use lab::tools::{Tools, run};

/// Writes Prometheus blocks. `samples` writes the samples in the OpenMetrics format, without `# EOF`.
///
/// # Errors
/// promtool fails, or the disk is full.
pub fn write(
    state: &StateDir,
    tools: &Tools,
    samples: impl FnOnce(&mut dyn Write) -> std::io::Result<()>,
) -> anyhow::Result<()> {
    let data = state.prometheus_data();
    fs::create_dir_all(&data)?;
    let file = tempfile::NamedTempFile::new_in(state.path())?;
    let mut out = BufWriter::new(file.as_file());
    samples(&mut out)
        .and_then(|()| writeln!(out, "# EOF"))
        .and_then(|()| out.flush())
        .context("can't write the history")?;
    run(Command::new(&tools.prometheus.promtool)
        .args(["tsdb", "create-blocks-from", "--max-block-duration=24h"])
        .args(["--quiet", "openmetrics"])
        .arg(file.path())
        .arg(&data))?;
    Ok(())
}
