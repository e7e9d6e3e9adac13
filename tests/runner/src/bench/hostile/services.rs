//! Measures the services under load: their memory and their response times.

use std::collections::BTreeMap;
use std::fs;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use lab::http;
use lab::part::Part;
use lab::state::paths::Installation;
use serde::Deserialize;
use serde_json::Value;
use test_support::Lab;
use tokio::task::JoinSet;

use super::super::figure::percentile;
use super::super::visitor;

/// The pause between two requests to a `/healthz`.
const PAUSE: Duration = Duration::from_millis(250);

/// The timeout of such a request.
const TIMEOUT: Duration = Duration::from_secs(10);

/// The names of a service's figures.
#[derive(Debug, Clone, Copy)]
pub struct Names {
    pub peak: &'static str,
    pub after: &'static str,
}

/// The services with untrusted clients or servers.
pub const SERVICES: [(Part, Names); 4] = [
    (
        Part::PingAgent,
        Names {
            peak: "ping_agent_peak_mib",
            after: "ping_agent_after_mib",
        },
    ),
    (
        Part::ApiGateway,
        Names {
            peak: "api_gateway_peak_mib",
            after: "api_gateway_after_mib",
        },
    ),
    (
        Part::AlertLogger,
        Names {
            peak: "alert_logger_peak_mib",
            after: "alert_logger_after_mib",
        },
    ),
    (
        Part::DashboardUi,
        Names {
            peak: "dashboard_ui_peak_mib",
            after: "dashboard_ui_after_mib",
        },
    ),
];

/// A running service.
#[derive(Debug)]
pub struct Service {
    pub names: Names,
    /// Its memory limit in the chart.
    pub limit_mib: f64,
    pid: i64,
    healthz: String,
}

impl Service {
    pub fn all(lab: &Lab, limits: &BTreeMap<String, f64>) -> anyhow::Result<Vec<Self>> {
        SERVICES
            .iter()
            .map(|&(part, names)| {
                let limit = limits.get(part.name());
                let status = lab.status(part.name());
                let pid = status.get("pid").and_then(Value::as_i64);
                Ok(Self {
                    names,
                    limit_mib: *limit
                        .with_context(|| format!("the chart has no limit for {part}"))?,
                    pid: pid.with_context(|| format!("{part} does not run"))?,
                    healthz: lab.url(part.name(), "/healthz"),
                })
            })
            .collect()
    }

    /// Returns the resident memory.
    pub fn memory_mib(&self) -> anyhow::Result<f64> {
        self.status_mib("VmRSS:")
    }

    /// Returns the peak resident memory.
    pub fn peak_memory_mib(&self) -> anyhow::Result<f64> {
        self.status_mib("VmHWM:")
    }

    /// Returns a field of `/proc/PID/status` in MiB. The file has KiB, which it calls kB.
    fn status_mib(&self, field: &str) -> anyhow::Result<f64> {
        let path = format!("/proc/{}/status", self.pid);
        let status = fs::read_to_string(&path).with_context(|| format!("can't read {path}"))?;
        let kilobytes: f64 = status
            .lines()
            .find_map(|line| line.strip_prefix(field)?.trim().strip_suffix("kB"))
            .and_then(|number| number.trim().parse().ok())
            .with_context(|| format!("{path} has no {field}"))?;
        Ok(kilobytes / 1024.0)
    }
}

/// The response times of `/healthz`.
#[derive(Debug)]
pub struct Health {
    sorted: Vec<Duration>,
}

impl Health {
    /// Polls all services for `time`, with a new connection for each request. A missing response counts as [`TIMEOUT`].
    pub async fn measure(services: &[Service], time: Duration) -> anyhow::Result<Self> {
        let client = visitor(TIMEOUT)?;
        let mut polls = JoinSet::new();
        for service in services {
            let (client, url) = (client.clone(), service.healthz.clone());
            polls.spawn(async move {
                let (begun, mut times) = (Instant::now(), Vec::new());
                while begun.elapsed() < time {
                    let sent = Instant::now();
                    let answered = http::answers(&client, &url).await;
                    times.push(if answered { sent.elapsed() } else { TIMEOUT });
                    tokio::time::sleep(PAUSE).await;
                }
                times
            });
        }
        let mut sorted: Vec<Duration> = polls.join_all().await.into_iter().flatten().collect();
        ensure!(!sorted.is_empty(), "no service was polled");
        sorted.sort();
        Ok(Self { sorted })
    }

    pub fn p99_ms(&self) -> f64 {
        percentile(&self.sorted, 99)
    }
}

#[derive(Deserialize)]
struct Values {
    resources: BTreeMap<String, Resources>,
}

#[derive(Deserialize)]
struct Resources {
    limits: Limits,
}

#[derive(Deserialize)]
struct Limits {
    memory: String,
}

/// Reads the memory limits of the chart by part, in MiB.
pub fn memory_limits(installation: &Installation) -> anyhow::Result<BTreeMap<String, f64>> {
    let path = installation.root.join("terraform/chart/values.yaml");
    let text =
        fs::read_to_string(&path).with_context(|| format!("can't read {}", path.display()))?;
    let values: Values = serde_saphyr::from_str(&text)
        .with_context(|| format!("{} is not a valid values file", path.display()))?;
    let mebibytes = |memory: &str| -> Option<f64> {
        let (number, factor) = match memory.strip_suffix("Gi") {
            Some(number) => (number, 1024.0),
            None => (memory.strip_suffix("Mi")?, 1.0),
        };
        Some(number.parse::<f64>().ok()? * factor)
    };
    values
        .resources
        .into_iter()
        .map(|(part, resources)| {
            let memory = resources.limits.memory;
            let limit = mebibytes(&memory).with_context(|| {
                format!("{part}: the memory limit {memory:?} is neither in Mi nor in Gi")
            })?;
            Ok((part, limit))
        })
        .collect()
}
