//! ping-agent with targets that the test makes up.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::time::Duration;

use stack_tests::{Service, get_text, within};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// A targets file in the making.
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
    pub async fn start(targets: &Targets, variables: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("targets.toml");
        std::fs::write(&file, &targets.0).unwrap();
        let mut all = vec![("PING_TARGETS_FILE", file.display().to_string())];
        let more = variables
            .iter()
            .map(|(name, value)| (*name, (*value).to_owned()));
        all.extend(more);
        Self {
            service: Service::start("ping-agent", &all).await,
            _folder: folder,
        }
    }

    /// Waits until the sum of these series is at least this much.
    pub async fn wait_for(&self, name: &str, labels: &str, least: f64) -> Metrics {
        let what = format!("{name} {labels} {least}");
        let ask = async || {
            let metrics = Metrics(get_text(&self.service.url("/metrics")).await?);
            (metrics.sum(name, labels) >= least).then_some(metrics)
        };
        within(Duration::from_secs(60), &what, ask).await.0
    }
}

/// A scrape of the agent.
pub struct Metrics(String);

impl Metrics {
    /// The sum of the series of this name whose labels have this text in them.
    pub fn sum(&self, name: &str, labels: &str) -> f64 {
        self.series(name, labels).into_iter().sum()
    }

    /// The series of this name whose labels have this text in them.
    pub fn series(&self, name: &str, labels: &str) -> Vec<f64> {
        let lines = self.0.lines().filter_map(|line| line.strip_prefix(name));
        lines
            .filter_map(|rest| rest.rsplit_once(' '))
            .filter(|(series, _)| series.starts_with(['{', ' ']) || series.is_empty())
            .filter(|(series, _)| series.contains(labels))
            .map(|(_, value)| value.parse().unwrap())
            .collect()
    }

    /// Success, failure and missed of the targets whose name starts like this, in words.
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

/// A server on a free port of this address that hands every connection, its request read, to `handle`.
pub async fn server<F>(
    address: &str,
    handle: impl Fn(TcpStream) -> F + Send + 'static,
) -> SocketAddr
where
    F: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind((address, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = [0; 4096];
            if stream.read(&mut request).await.is_ok() {
                tokio::spawn(handle(stream));
            }
        }
    });
    address
}

/// A server that gives every request this answer.
pub async fn answering(address: &str, answer: String) -> SocketAddr {
    server(address, move |mut stream| {
        let answer = answer.clone();
        // A client that has seen enough may have left.
        async move { drop(stream.write_all(answer.as_bytes()).await) }
    })
    .await
}

/// The shortest good answer.
pub const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
