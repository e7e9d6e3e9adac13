//! The services under load: their memory, and whether they answer.

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

/// Between two requests to a `/healthz`.
const PAUSE: Duration = Duration::from_millis(250);

/// How long one may take.
const TIMEOUT: Duration = Duration::from_secs(10);

/// The names of a service's figures.
#[derive(Debug, Clone, Copy)]
pub struct Names {
    pub peak: &'static str,
    pub after: &'static str,
}

/// The services that strangers can reach, or that talk to strangers.
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
    /// Its limit in the chart.
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

    /// Its resident memory now.
    pub fn memory_mib(&self) -> anyhow::Result<f64> {
        self.of_status("VmRSS:")
    }

    /// The most it ever was.
    pub fn peak_memory_mib(&self) -> anyhow::Result<f64> {
        self.of_status("VmHWM:")
    }

    /// A field of `/proc/PID/status`, which has kB.
    fn of_status(&self, field: &str) -> anyhow::Result<f64> {
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

/// How long the services took to answer `/healthz`.
#[derive(Debug)]
pub struct Health {
    sorted: Vec<Duration>,
}

impl Health {
    /// Asks all services, each over new connections, for `time`. No answer counts as [`TIMEOUT`].
    pub async fn watch(services: &[Service], time: Duration) -> anyhow::Result<Self> {
        let client = visitor(TIMEOUT)?;
        let mut watches = JoinSet::new();
        for service in services {
            let (client, url) = (client.clone(), service.healthz.clone());
            watches.spawn(async move {
                let (begun, mut times) = (Instant::now(), Vec::new());
                while begun.elapsed() < time {
                    let asked = Instant::now();
                    let answered = http::answers(&client, &url).await;
                    times.push(if answered { asked.elapsed() } else { TIMEOUT });
                    tokio::time::sleep(PAUSE).await;
                }
                times
            });
        }
        let mut sorted: Vec<Duration> = watches.join_all().await.into_iter().flatten().collect();
        ensure!(!sorted.is_empty(), "no service was asked");
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

/// The memory limits of the chart by part, in MiB.
pub fn memory_limits(installation: &Installation) -> anyhow::Result<BTreeMap<String, f64>> {
    let path = installation.root.join("terraform/chart/values.yaml");
    let text =
        fs::read_to_string(&path).with_context(|| format!("can't read {}", path.display()))?;
    let values: Values = serde_saphyr::from_str(&text)
        .with_context(|| format!("{} is no values file", path.display()))?;
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
            let limit =
                mebibytes(&memory).with_context(|| format!("{part}: no limit: {memory:?}"))?;
            Ok((part, limit))
        })
        .collect()
}
