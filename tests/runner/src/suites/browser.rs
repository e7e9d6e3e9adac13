//! Tests the status page in headless Chromium, with its own labs.

use std::fs;
use std::path::{Path, PathBuf};

use lab::state::paths::StateDir;
use lab::tools;
use serde_json::{Map, Value};
use test_support::Lab;

use crate::labs;
use crate::steps::Steps;
use crate::test_run::TestRun;
use crate::tools::node::NodeProject;
use crate::tools::packages;

/// The folder of the tests.
const FOLDER: &str = "tests/browser";

/// The number of concurrent test files. One file waits for minutes while the others run.
const AT_A_TIME: &str = "--test-concurrency=2";

/// The labs, and the files with their targets, relative to [`FOLDER`]. Tests that stop parts have their own lab.
const LABS: [(&str, &str); 4] = [
    ("page", "targets/page.toml"),
    ("hostile", "../api/hostile.toml"),
    ("blind", "targets/page.toml"),
    ("alert-path", "targets/page.toml"),
];

pub fn run(test_run: &TestRun, steps: &mut Steps) -> anyhow::Result<()> {
    let Some(project) = NodeProject::get(test_run, steps, FOLDER, "")? else {
        return Ok(());
    };
    let Some(chromium) = chromium(test_run, steps, &project)? else {
        return Ok(());
    };
    let folder = test_run.installation.root.join(FOLDER);
    let mut running = Vec::new();
    for (name, file) in LABS {
        let targets = fs::read_to_string(folder.join(file))?;
        steps.say(&format!("starting a lab: {name}"));
        running.push((name, labs::start(&test_run.installation, &targets)?));
    }
    let evidence = test_run.evidence("browser")?;
    steps.check("the page in Chromium", |output| {
        let mut node = project.node();
        node.args(["--test", "--test-reporter=spec", AT_A_TIME])
            .args(project.files(".", ".test.js")?)
            .env("CHROMIUM", chromium)
            .env("LAB", test_run.installation.bin_dir.join("lab"))
            .env("LAB_STATE_DIRS", state_dirs(&running).to_string())
            .env("EVIDENCE_DIR", &evidence);
        let status = output.attach(&mut node)?.status()?;
        if !status.success() {
            for (name, lab) in &running {
                copy_logs(lab, &evidence.join("logs").join(name))?;
            }
        }
        anyhow::ensure!(
            status.success(),
            "node --test ended with {status}; pictures and logs are in {}",
            evidence.display()
        );
        Ok(())
    });
    Ok(())
}

fn state_dirs(labs: &[(&str, Lab)]) -> Value {
    let dirs: Map<String, Value> = labs
        .iter()
        .map(|(name, lab)| {
            let dir = lab.state_dir().to_string_lossy().into_owned();
            ((*name).to_owned(), dir.into())
        })
        .collect();
    dirs.into()
}

/// Copies the logs of the lab's parts into `folder`, which is created.
fn copy_logs(lab: &Lab, folder: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(folder)?;
    for entry in fs::read_dir(StateDir::new(lab.state_dir())?.logs())? {
        let entry = entry?;
        fs::copy(entry.path(), folder.join(entry.file_name()))?;
    }
    Ok(())
}

/// Returns the browser that the tests find. Installs Debian's with `--install`.
fn chromium(
    test_run: &TestRun,
    steps: &mut Steps,
    project: &NodeProject,
) -> anyhow::Result<Option<PathBuf>> {
    let find = || -> anyhow::Result<PathBuf> {
        let output = tools::run(project.node().arg("find-chromium.js"))?;
        Ok(Path::new(String::from_utf8_lossy(&output.stdout).trim()).to_path_buf())
    };
    if let Ok(chromium) = find() {
        return Ok(Some(chromium));
    }
    if test_run.install {
        // Without a font, text has no size.
        packages::install(test_run, steps, &["chromium", "fonts-dejavu-core"])?;
        return find().map(Some);
    }
    steps.cannot_run(
        "",
        "Chromium or Chrome is not installed",
        "--install, or apt-get install chromium",
    );
    Ok(None)
}
