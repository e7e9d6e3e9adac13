//! A real Prometheus with the repository's configuration and rules, in a hurry.

use std::process::{Command, Stdio};
use std::time::Duration;

use rustix::process::Signal;
use serde_json::{Value, json};
use tempfile::TempDir;
use test_support::{Process, client, eventually, free_port, get_text, print_tail, repository};

use crate::promtool;

/// A server in a folder of its own. It is killed when dropped.
#[derive(Debug)]
pub struct Prometheus {
    folder: TempDir,
    port: u16,
    process: Option<Process>,
}

/// A series of an answer: its labels, and its samples by time (milliseconds).
#[derive(Debug, Clone)]
pub struct Series {
    labels: Value,
    /// Its samples.
    pub samples: Vec<(i64, f64)>,
}

impl Series {
    /// A label's value; empty where it has none.
    #[must_use]
    pub fn label(&self, name: &str) -> &str {
        self.labels[name].as_str().unwrap_or_default()
    }
}

impl Prometheus {
    /// Starts it with `monitoring/prometheus/prometheus.yml`, scrapes and evaluations every second instead of every 15, and
    /// the rule files as they are.
    ///
    /// # Panics
    /// It does not start.
    pub async fn start(agents: &[String]) -> Self {
        let folder = tempfile::Builder::new()
            .prefix("prometheus-")
            .tempdir()
            .expect("a folder");
        let source = repository().join("monitoring/prometheus");
        let config = std::fs::read_to_string(source.join("prometheus.yml")).expect("a file");
        std::fs::write(folder.path().join("prometheus.yml"), hurried(&config)).expect("a file");
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

    /// Starts it after [`Prometheus::stop`].
    ///
    /// # Panics
    /// It does not start.
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

    /// Ends it as its supervisor would, and waits.
    ///
    /// # Panics
    /// It does not run.
    pub async fn stop(&mut self) {
        let mut process = self.process.take().expect("it runs");
        process.terminate();
        process.exit(Duration::from_secs(60)).await;
    }

    /// Stops it in its tracks: it accepts connections and answers nothing.
    pub fn freeze(&self) {
        self.signal(Signal::STOP);
    }

    /// Lets it go on.
    pub fn thaw(&self) {
        self.signal(Signal::CONT);
    }

    fn signal(&self, signal: Signal) {
        self.process.as_ref().expect("it runs").signal(signal);
    }

    /// How many connections others have to it.
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

    /// `http://127.0.0.1:PORT` + `path`.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// The answer to an instant query, a vector or a matrix.
    ///
    /// # Panics
    /// It refuses the query.
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

    /// The labels of the alerts that are pending or firing, and their state as the label `state`.
    ///
    /// # Panics
    /// It does not answer.
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

/// The configuration with every second what is every 15 s.
fn hurried(config: &str) -> String {
    let mut hurried = config.to_owned();
    for (slow, fast) in [
        ("scrape_interval: 15s", "scrape_interval: 1s"),
        ("evaluation_interval: 15s", "evaluation_interval: 1s"),
        ("scrape_timeout: 10s", "scrape_timeout: 1s"),
    ] {
        assert_eq!(hurried.matches(slow).count(), 1, "{slow}");
        hurried = hurried.replace(slow, fast);
    }
    hurried
}
