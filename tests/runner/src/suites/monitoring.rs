//! Checks the files in monitoring/ with the programs that read them.

mod alerts;
mod dashboards;

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, ensure};
use lab::part::ports::Ports;
use lab::plan::layout;
use lab::plan::layout::smtp::Smtp;
use lab::plan::rule_files::RuleFile;
use lab::state::paths::PROMETHEUS_CONFIG;

use crate::steps::Steps;
use crate::test_run::TestRun;

pub fn run(test_run: &TestRun, steps: &mut Steps) -> anyhow::Result<()> {
    let tools = test_run.servers(steps)?;
    let prometheus = test_run.installation.monitoring("prometheus");
    let promtool = |arguments: &[&str]| {
        let mut command = tools.prometheus.promtool_in(&prometheus);
        command.args(arguments);
        command
    };
    // Discovery files belong to the environment; promtool accepts missing ones.
    steps.command(
        "promtool check config",
        promtool(&["check", "config"]).arg(PROMETHEUS_CONFIG),
    );
    let rules = RuleFile::read_all(&prometheus.join("rules"))?;
    steps.command(
        "promtool check rules",
        promtool(&["check", "rules"]).args(rules.iter().map(|file| &file.path)),
    );
    let tests = files(&prometheus.join("tests"), "yml")?;
    steps.command(
        "promtool test rules",
        promtool(&["test", "rules"]).args(relative(&tests, &prometheus)),
    );
    let alerts = alerts::of(&rules);
    let runbooks = test_run.installation.root.join("docs/runbooks");
    steps.check("every alert has its tests and its runbook", |_| {
        alerts::check(&alerts, &tests, &runbooks)
    });
    steps.check("Watchdog counts every group with alerts", |_| {
        alerts::check_groups(&rules)
    });

    let rendered = tempfile::tempdir()?;
    for (name, smtp) in [("without mail", None), ("with mail", Some(example_smtp()))] {
        let file = rendered.path().join("alertmanager.yml");
        let config = layout::alertmanager(&test_run.installation, Ports::default(), smtp.as_ref())?;
        fs::write(&file, config)?;
        let amtool = &tools.alertmanager.amtool;
        steps.command(
            &format!("amtool check-config {name}"),
            Command::new(amtool).arg("check-config").arg(&file),
        );
        for alert in &alerts {
            // Watchdog goes only to alert-logger: it would send a mail every minute.
            let receivers = match (&*alert.name, &smtp) {
                ("Watchdog", _) | (_, None) => "stdout",
                _ => "email,stdout",
            };
            let mut route = Command::new(amtool);
            route
                .args(["config", "routes", "test", "--config.file"])
                .arg(&file);
            route
                .arg(format!("--verify.receivers={receivers}"))
                .arg(format!("alertname={}", alert.name))
                .arg(format!("severity={}", alert.severity))
                .arg("target=demo");
            steps.command(&format!("{alert} {name} goes to {receivers}"), &mut route);
        }
    }
    dashboards::run(test_run, steps, &rules, promtool)
}

/// Returns settings with values that YAML would misread without quotes.
fn example_smtp() -> Smtp {
    Smtp {
        smarthost: "mail.example.org:587".to_owned(),
        from: "lab: \"monitoring\" <lab@example.org>".to_owned(),
        to: "you@example.org".to_owned(),
        username: "yes".to_owned(),
        password_file: "/run/secrets/smtp # password".to_owned(),
        require_tls: true,
    }
}

/// Returns the paths relative to `folder`.
fn relative<'a>(paths: &'a [PathBuf], folder: &'a Path) -> impl Iterator<Item = &'a Path> {
    paths
        .iter()
        .map(move |path| path.strip_prefix(folder).unwrap_or(path))
}

/// Returns the files of a folder with this extension, sorted by name.
fn files(folder: &Path, extension: &str) -> anyhow::Result<Vec<PathBuf>> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .with_context(|| format!("can't read {}", folder.display()))?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension() == Some(OsStr::new(extension)))
        .collect();
    files.sort();
    ensure!(
        !files.is_empty(),
        "there is no .{extension} file in {}",
        folder.display()
    );
    Ok(files)
}
