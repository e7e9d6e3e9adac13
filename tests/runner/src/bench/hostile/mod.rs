//! All kinds of misbehaving peers at once, for ten minutes. Each service must stay within its memory limit and answer
//! `/healthz`, and the rest of the lab must keep its deadlines.
//!
//! The suite `stack` tests a frozen supervisor and a hanging resolver. This benchmark can't: a frozen supervisor would
//! survive an interrupted benchmark, and the resolver belongs to the machine.

mod generators;
mod services;
mod throttle;

use std::net::TcpListener;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use lab::http;
use lab::http::prometheus::Prometheus;
use lab::part::Part;
use lab::state::paths::Installation;
use reqwest::{Client, StatusCode};
use serde_json::Value;
use test_support::Lab;
use tokio::runtime::Runtime;
use tokio::time::sleep;

use self::generators::{Generators, Services};
use self::services::{Health, Service};
use super::figure::Figure;
use crate::labs;

/// The number of targets that answer.
const GOOD: usize = 300;

/// The number of targets that never answer, and of targets that send endless interim responses.
const HUNG: usize = 2_000;
const CHATTY: usize = 20;

/// How long the lab runs before, under and after the load.
const CALM: Duration = Duration::from_secs(300);
const UNDER_LOAD: Duration = Duration::from_secs(600);
const RECOVERY: Duration = Duration::from_secs(300);

/// The time from the start of the load to the fault that raises the alert.
const FAULT_AT: Duration = Duration::from_secs(180);

/// How long the generators run without a lab.
const CONTROL: Duration = Duration::from_secs(60);

/// The design's limits.
const HEALTHZ_MS: f64 = 100.0;
const LAG_MS: f64 = 50.0;
const DELIVERY_SECONDS: f64 = 150.0;

/// The allowed ratio of a service's memory after the load to that before.
const MEMORY_RATIO: f64 = 1.2;

/// The endpoint of demo-target whose fault raises the alert, and its target.
const ALERTING: &str = "alerting";

pub fn measure(installation: &Installation, runtime: &Runtime) -> anyhow::Result<Vec<Figure>> {
    // The generators need more connections than the usual soft limit allows. If it can't be raised, they open fewer.
    let _ = service_kit::limit_open_files(None);
    eprintln!("   the generators alone, for {} s", CONTROL.as_secs());
    let alone = generators::control(CONTROL)?;

    let hung = TcpListener::bind(("127.0.0.1", 0)).context("no free port")?;
    let chatty = TcpListener::bind(("127.0.0.1", 0)).context("no free port")?;
    let targets = targets(hung.local_addr()?.port(), chatty.local_addr()?.port());
    eprintln!("   starting a lab with {GOOD} good targets and {HUNG} that never answer");
    let lab = labs::start(installation, &targets)?;
    let limits = services::memory_limits(installation)?;
    let services = Service::all(&lab, &limits)?;
    let prometheus = Prometheus::new(&lab.url(Part::Prometheus.name(), ""))?;

    runtime.block_on(async {
        // The hostile targets hang meanwhile, too: nothing accepts their connections yet.
        eprintln!("   {} s of calm", CALM.as_secs());
        let calm = Health::measure(&services, CALM).await?;
        let before: Vec<f64> = services
            .iter()
            .map(Service::memory_mib)
            .collect::<anyhow::Result<_>>()?;

        eprintln!("   {} s under load", UNDER_LOAD.as_secs());
        let attacked = Services {
            alert_logger: lab.address(Part::AlertLogger.name()),
            gateway: lab.address(Part::ApiGateway.name()),
            page: lab.address(Part::DashboardUi.name()),
        };
        let generators = Generators::start(attacked, Some((hung, chatty)))?;
        let (loaded, delivery) =
            tokio::try_join!(Health::measure(&services, UNDER_LOAD), delivery(&lab))?;
        let lag = format!(
            "1000 * histogram_quantile(0.99, sum by (le) (increase(ping_schedule_lag_seconds_bucket[{}s])))",
            UNDER_LOAD.as_secs()
        );
        let lag = prometheus.scalar(&lag).await?.unwrap_or(f64::INFINITY);
        let missed = increase(&prometheus, "ping_missed_total{target=~\"good-.*\"}").await?;
        let rules = increase(&prometheus, "prometheus_rule_group_iterations_missed_total").await?;
        let cores = generators.stop();
        let peaks: Vec<f64> = services
            .iter()
            .map(Service::peak_memory_mib)
            .collect::<anyhow::Result<_>>()?;

        eprintln!("   {} s of recovery", RECOVERY.as_secs());
        sleep(RECOVERY).await;
        let mut figures = Vec::new();
        for ((service, peak), before) in services.iter().zip(peaks).zip(before) {
            let after = service.memory_mib()?;
            let figure = |name, value, limit| Figure {
                name,
                value,
                limit,
                peer: "calm",
                peers: before,
            };
            figures.push(figure(service.names.peak, peak, service.limit_mib));
            figures.push(figure(service.names.after, after, before * MEMORY_RATIO));
        }
        let beside = |name, value, limit, peer, peers| Figure {
            name,
            value,
            limit,
            peer,
            peers,
        };
        figures.extend([
            beside("healthz_p99_ms", loaded.p99_ms(), HEALTHZ_MS, "calm", calm.p99_ms()),
            beside("lag_p99_ms", lag, LAG_MS, "limit", LAG_MS),
            beside("good_probes_missed", missed, 0.0, "none", 0.0),
            beside("rule_evaluations_missed", rules, 0.0, "none", 0.0),
            beside("alert_delivery_s", delivery, DELIVERY_SECONDS, "limit", DELIVERY_SECONDS),
            beside("generators_cores", cores, throttle::SHARE * 1.05, "alone", alone),
        ]);
        Ok(figures)
    })
}

/// Returns the increase of the sum of counters under the load.
async fn increase(prometheus: &Prometheus, counters: &str) -> anyhow::Result<f64> {
    let query = format!("sum(increase({counters}[{}s]))", UNDER_LOAD.as_secs());
    // A counter that was never incremented may not exist.
    Ok(prometheus.scalar(&query).await?.unwrap_or_default())
}

/// Sets a fault under load, and returns the seconds until its alert is in alert-logger's history.
async fn delivery(lab: &Lab) -> anyhow::Result<f64> {
    sleep(FAULT_AT).await;
    let client = http::local_client(Duration::from_secs(10))?;
    let fault = lab.url(Part::DemoTarget.name(), &format!("/faults/{ALERTING}"));
    let request = client
        .put(&fault)
        .header("content-type", "application/json");
    let answer = request
        .body(r#"{"kind":"status","status":503}"#)
        .send()
        .await?;
    ensure!(
        answer.status() == StatusCode::OK,
        "{fault}: {}",
        answer.status()
    );
    let begun = Instant::now();
    let limit = UNDER_LOAD - FAULT_AT;
    let alerts = lab.url(Part::AlertLogger.name(), "/api/v1/alerts");
    while begun.elapsed() < limit {
        if fires(&client, &alerts).await {
            return Ok(begun.elapsed().as_secs_f64());
        }
        sleep(Duration::from_secs(1)).await;
    }
    Ok(f64::INFINITY)
}

async fn fires(client: &Client, alerts: &str) -> bool {
    let answer = client.get(alerts).send();
    let Ok(answer) = answer.await else {
        return false;
    };
    let text = answer.text().await.unwrap_or_default();
    let answer: Value = serde_json::from_str(&text).unwrap_or_default();
    let alerts = answer.get("alerts").and_then(Value::as_array);
    alerts.into_iter().flatten().any(|alert| {
        let label = |name| {
            alert
                .pointer(&format!("/labels/{name}"))
                .and_then(Value::as_str)
        };
        label("alertname") == Some("TargetDown") && label("target") == Some(ALERTING)
    })
}

/// Returns a `targets.toml` with the target that raises the alert, good targets, and both kinds of hostile ones. Hostile
/// targets are in maintenance: they are probed, but raise no alerts. Otherwise alert-logger would rightly keep 2,000
/// incidents in memory.
fn targets(hung: u16, chatty: u16) -> String {
    let target =
        |name: &str, url: &str| format!("[[target]]\nname = \"{name}\"\nurl = \"{url}\"\n\n");
    let hostile = |name: &str, url: &str| {
        target(name, url)
            + "[[target.maintenance]]\nstart = 2020-01-01T00:00:00Z\nend = 2100-01-01T00:00:00Z\n\n"
    };
    let demo = "http://demo-target:8080/t";
    let mut text = target(ALERTING, &format!("{demo}/{ALERTING}"));
    for index in 0..GOOD {
        text += &target(&format!("good-{index:04}"), &format!("{demo}/good-{index}"));
    }
    for index in 0..HUNG {
        text += &hostile(
            &format!("hung-{index:04}"),
            &format!("http://127.0.0.1:{hung}/{index}"),
        );
    }
    for index in 0..CHATTY {
        text += &hostile(
            &format!("chatty-{index:02}"),
            &format!("http://127.0.0.1:{chatty}/{index}"),
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::tests::accepted;
    use super::*;

    #[test]
    fn the_targets_are_accepted() {
        assert_eq!(accepted(&targets(1, 2)), GOOD + HUNG + CHATTY + 1);
    }

    #[test]
    fn each_service_has_a_memory_limit_in_the_chart() {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let installation = Installation {
            bin_dir: root.clone(),
            root,
        };
        let limits = services::memory_limits(&installation).unwrap();
        for (part, _) in services::SERVICES {
            assert!(limits[part.name()] > 64.0, "{part}");
        }
    }
}
