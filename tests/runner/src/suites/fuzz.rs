//! Runs the fuzz targets, one for each parser of untrusted input.

use crate::steps::Steps;
use crate::test_run::TestRun;
use crate::tools::packages;
use crate::tools::python::TestTools;

/// How long each target runs.
const SECONDS: u32 = 15;

/// How long each target runs with `--weekly`.
const WEEKLY_SECONDS: u32 = 60;

pub fn run(test_run: &TestRun, steps: &mut Steps) -> anyhow::Result<()> {
    // libFuzzer is C++.
    if !packages::ensure(test_run, steps, &[("c++", "g++")])? {
        return Ok(());
    }
    let Some(tools) = TestTools::get(test_run, steps, "") else {
        return Ok(());
    };
    let seconds = if test_run.weekly {
        WEEKLY_SECONDS
    } else {
        SECONDS
    };
    let path = tools.path()?;
    let folder = test_run.installation.root.join("fuzz");
    let mut targets: Vec<String> = std::fs::read_dir(folder.join("fuzz_targets"))?
        .filter_map(|entry| {
            Some(
                entry
                    .ok()?
                    .path()
                    .file_stem()?
                    .to_string_lossy()
                    .into_owned(),
            )
        })
        .collect();
    targets.sort();
    let fuzz = |subcommand: &str| {
        let mut command = test_run.cargo();
        command
            .env("PATH", &path)
            // cargo-fuzz passes unstable flags, which a stable compiler accepts only with this variable.
            .env("RUSTC_BOOTSTRAP", "1")
            .args(["fuzz", subcommand, "--fuzz-dir"])
            .arg(&folder);
        command
    };
    steps.command("the targets are compiled", &mut fuzz("build"));
    for target in targets {
        let corpus = folder.join("corpus").join(&target);
        std::fs::create_dir_all(&corpus)?;
        let mut command = fuzz("run");
        command
            .arg(&target)
            .arg(&corpus)
            .arg(folder.join("seeds").join(&target))
            .arg("--")
            .args([
                &format!("-max_total_time={seconds}"),
                "-timeout=10",
                "-rss_limit_mb=2048",
                "-verbosity=0",
            ])
            .arg("-print_final_stats=1");
        steps.command(&format!("{target} for {seconds} s"), &mut command);
    }
    Ok(())
}
