//! Runs ping-agent with the targets of a test.

use std::fmt::Write as _;
use std::time::Duration;

use stack_tests::start;
use tempfile::TempDir;
use test_support::{Service, get_text, within};

/// The text of a targets file.
#[derive(Default)]
pub struct Targets(String);

impl Targets {
    /// Adds a target; `more` are further lines of its table.
    pub fn add(&mut self, name: &str, url: &str, more: &str) {
        let table = format!("[[target]]\nname = '{name}'\nurl = '{url}'\n{more}\n");
        self.0.push_str(&table);
    }
}

/// A running ping-agent.
pub struct Agent {
    service: Service,
    _folder: TempDir,
}

impl Agent {
    pub fn start(targets: &Targets, variables: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("targets.toml");
        std::fs::write(&file, &targets.0).unwrap();
        let mut all = vec![("PING_TARGETS_FILE", file.display().to_string())];
        let more = variables
            .iter()
            .map(|(name, value)| (*name, (*value).to_owned()));
        all.extend(more);
        Self {
            service: start("ping-agent", &all),
            _folder: folder,
        }
    }

    /// Waits until the sum of these series is at least `least`, and returns that scrape.
    pub async fn wait_for(&self, name: &str, labels: &str, least: f64) -> Metrics {
        let what = format!("{name} {labels} {least}");
        let scrape = async || {
            let metrics = Metrics(get_text(&self.service.url("/metrics")).await?);
            (metrics.sum(name, labels) >= least).then_some(metrics)
        };
        within(Duration::from_secs(60), &what, scrape).await.0
    }
}

/// A scrape of the agent.
pub struct Metrics(String);

impl Metrics {
    /// Returns the sum of the series of this name whose labels contain this text.
    pub fn sum(&self, name: &str, labels: &str) -> f64 {
        self.series(name, labels).into_iter().sum()
    }

    /// Returns the values of the series of this name whose labels contain this text.
    pub fn series(&self, name: &str, labels: &str) -> Vec<f64> {
        let lines = self.0.lines().filter_map(|line| line.strip_prefix(name));
        lines
            .filter_map(|rest| rest.rsplit_once(' '))
            .filter(|(series, _)| series.starts_with(['{', ' ']) || series.is_empty())
            .filter(|(series, _)| series.contains(labels))
            .map(|(_, value)| value.parse().unwrap())
            .collect()
    }

    /// Returns a text with the successes, failures and missed probes of the targets with this prefix.
    pub fn account_of(&self, prefix: &str) -> String {
        let labels = format!("target=\"{prefix}");
        let mut account = String::new();
        for name in [
            "ping_success_total",
            "ping_failure_total",
            "ping_missed_total",
        ] {
            let _ = write!(account, "{name} {} ", self.sum(name, &labels));
        }
        account
    }
}

/// A short successful response.
pub const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
