//! Fuzzing of everything that reads bytes from outside, a minute a target.

use super::Workshop;
use super::python::{TestTools, install_packages};
use super::steps::Steps;
use crate::tools::on_path;

const SECONDS: u32 = 60;

pub fn run(workshop: &Workshop, steps: &mut Steps) -> anyhow::Result<()> {
    let search_path = std::env::var_os("PATH").unwrap_or_default();
    if on_path(&search_path, &["c++"]).is_none() {
        if !workshop.install {
            let way_out = "./lab test fuzz --install, or install the package g++";
            steps.cannot_run(
                "",
                "libFuzzer needs a C++ compiler, and there is no c++ on PATH",
                way_out,
            );
            return Ok(());
        }
        install_packages(&["g++"])?;
    }
    let Some(tools) = TestTools::get(workshop, steps, "") else {
        return Ok(());
    };
    let path = tools.path()?;
    let folder = workshop.installation.root.join("fuzz");
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
    for target in targets {
        let corpus = folder.join("corpus").join(&target);
        std::fs::create_dir_all(&corpus)?;
        let mut command = workshop.cargo();
        command
            .env("PATH", &path)
            // cargo-fuzz asks for flags that only nightly takes, or a stable compiler told that it may.
            .env("RUSTC_BOOTSTRAP", "1")
            .args(["fuzz", "run", "--fuzz-dir"])
            .arg(&folder)
            .arg(&target)
            .arg(&corpus)
            .arg(folder.join("seeds").join(&target))
            .arg("--")
            .args([
                &format!("-max_total_time={SECONDS}"),
                "-timeout=10",
                "-rss_limit_mb=2048",
                "-verbosity=0",
            ])
            .arg("-print_final_stats=1");
        steps.command(&format!("{target} for {SECONDS} s"), &mut command);
    }
    Ok(())
}
