//! A real Prometheus with the repository's configuration and rules, at shorter intervals.

use std::process::{Command, Stdio};
use std::time::Duration;

use rustix::process::Signal;
use serde_json::{Value, json};
use tempfile::TempDir;
use test_support::{Process, client, eventually, free_port, get_text, print_tail, repository};

use crate::promtool;

/// A running Prometheus with its own folder. It is killed when dropped.
#[derive(Debug)]
pub struct Prometheus {
    folder: TempDir,
    port: u16,
    process: Option<Process>,
}

/// A series of a query's result.
#[derive(Debug, Clone)]
pub struct Series {
    labels: Value,
    /// The samples: time in milliseconds since 1970, and value.
    pub samples: Vec<(i64, f64)>,
}

impl Series {
    /// Returns a label's value; empty without that label.
    #[must_use]
    pub fn label(&self, name: &str) -> &str {
        self.labels[name].as_str().unwrap_or_default()
    }
}

impl Prometheus {
    /// Starts Prometheus with `monitoring/prometheus/prometheus.yml` and its rule files. It scrapes and evaluates every
    /// second instead of every 15 s. `agents` are the addresses of the agents.
    pub async fn start(agents: &[String]) -> Self {
        let folder = tempfile::Builder::new()
            .prefix("prometheus-")
            .tempdir()
            .expect("a folder");
        let source = repository().join("monitoring/prometheus");
        let config = std::fs::read_to_string(source.join("prometheus.yml")).expect("a file");
        std::fs::write(folder.path().join("prometheus.yml"), shortened(&config)).expect("a file");
        std::os::unix::fs::symlink(source.join("rules"), folder.path().join("rules"))
            .expect("a link");
        let discovery = folder.path().join("discovery");
        std::fs::create_dir(&discovery).expect("a folder");
        let agents = json!([{ "targets": agents }]).to_string();
        std::fs::write(discovery.join("ping-agent.json"), agents).expect("a file");
        let mut prometheus = Self {
            folder,
            port: free_port(),
            process: None,
        };
        prometheus.start_again().await;
        prometheus
    }

    /// Starts Prometheus again after [`Prometheus::stop`].
    pub async fn start_again(&mut self) {
        let log = std::fs::File::create(self.log()).expect("a file");
        let process = Process::start(
            Command::new(promtool::tools().server)
                .current_dir(self.folder.path())
                .args(["--config.file=prometheus.yml", "--storage.tsdb.path=data"])
                .arg(format!("--web.listen-address=127.0.0.1:{}", self.port))
                .stdout(Stdio::null())
                .stderr(log),
        );
        self.process = Some(process);
        let ready = &self.url("/-/ready");
        eventually("Prometheus is ready", async || get_text(ready).await).await;
    }

    /// Stops Prometheus with SIGTERM, and waits until it has exited.
    pub async fn stop(&mut self) {
        let mut process = self.process.take().expect("a running Prometheus");
        process.terminate();
        process.exit(Duration::from_secs(60)).await;
    }

    /// Freezes the process with SIGSTOP: the kernel accepts connections, and no request is answered.
    pub fn freeze(&self) {
        self.signal(Signal::STOP);
    }

    /// Continues the frozen process.
    pub fn thaw(&self) {
        self.signal(Signal::CONT);
    }

    fn signal(&self, signal: Signal) {
        self.process
            .as_ref()
            .expect("a running Prometheus")
            .signal(signal);
    }

    /// Returns the number of established connections from other processes.
    ///
    /// # Panics
    /// This is not Linux.
    #[must_use]
    pub fn connections(&self) -> usize {
        const ESTABLISHED: &str = "01";
        let sockets = std::fs::read_to_string("/proc/net/tcp").expect("the sockets");
        let remote = format!("0100007F:{:04X}", self.port);
        let of_others = sockets.lines().filter(|line| {
            let mut fields = line.split_whitespace().skip(2);
            fields.next() == Some(&remote) && fields.next() == Some(ESTABLISHED)
        });
        of_others.count()
    }

    /// Returns `http://127.0.0.1:PORT` + `path`.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// Returns the result of an instant query, a vector or a matrix.
    pub async fn query(&self, promql: &str) -> Vec<Series> {
        let request = client()
            .get(self.url("/api/v1/query"))
            .query(&[("query", promql)]);
        let answer = request.send().await.expect("an answer");
        let answer: Value = answer.json().await.expect("JSON");
        let result = answer["data"]["result"].as_array();
        let result = result.unwrap_or_else(|| panic!("{promql}: {answer}"));
        result.iter().map(series).collect()
    }

    /// Returns the labels of pending and firing alerts, with the state as the label `state`.
    pub async fn alerts(&self) -> Vec<Series> {
        let answer = client().get(self.url("/api/v1/alerts")).send().await;
        let answer: Value = answer.expect("an answer").json().await.expect("JSON");
        let alerts = answer["data"]["alerts"].as_array().expect("alerts");
        let alert = |alert: &Value| {
            let mut labels = alert["labels"].clone();
            labels["state"] = alert["state"].clone();
            Series {
                labels,
                samples: Vec::new(),
            }
        };
        alerts.iter().map(alert).collect()
    }

    fn log(&self) -> std::path::PathBuf {
        self.folder.path().join("prometheus.log")
    }
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        if std::thread::panicking() {
            print_tail("Prometheus", &self.log());
        }
    }
}

fn series(result: &Value) -> Series {
    let values = match result["values"].as_array() {
        Some(values) => values.clone(),
        None => vec![result["value"].clone()],
    };
    let sample = |pair: &Value| {
        let seconds = pair[0].as_f64().expect("a time");
        let value = pair[1].as_str().expect("a number as text");
        (
            (seconds * 1000.0).round() as i64,
            value.parse().expect("a number"),
        )
    };
    Series {
        labels: result["metric"].clone(),
        samples: values.iter().map(sample).collect(),
    }
}

/// Returns the configuration with intervals of 1 s instead of 15 s.
fn shortened(config: &str) -> String {
    let mut shortened = config.to_owned();
    for (slow, fast) in [
        ("scrape_interval: 15s", "scrape_interval: 1s"),
        ("evaluation_interval: 15s", "evaluation_interval: 1s"),
        ("scrape_timeout: 10s", "scrape_timeout: 1s"),
    ] {
        assert_eq!(shortened.matches(slow).count(), 1, "{slow}");
        shortened = shortened.replace(slow, fast);
    }
    shortened
}
