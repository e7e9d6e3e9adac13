//! Checks of the parts' responses, through port-forwards.

use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use gateway_api::availability::Summary;
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde_json::Value;
use url::Url;

use super::super::data_path::{get, probes};
use super::super::forward::Forward;
use super::super::kubectl::{Kubectl, text};
use crate::http;

/// The age limit of the last `Watchdog`. It arrives every minute, and after a start only with the second evaluation.
const WATCHDOG_AGE: Duration = Duration::from_secs(180);

/// Requests `path` from the service and parses the JSON of the response.
async fn fetch<T: DeserializeOwned>(
    kubectl: &Kubectl<'_>,
    service: &str,
    port: u16,
    path: &str,
) -> anyhow::Result<T> {
    let forward = Forward::to(kubectl, service, port).await?;
    let base: Url = forward.url.parse()?;
    get(&http::local_client(Duration::from_secs(10))?, &base, path).await
}

fn list<'a>(response: &'a Value, pointer: &str) -> anyhow::Result<&'a Vec<Value>> {
    response
        .pointer(pointer)
        .and_then(Value::as_array)
        .with_context(|| format!("the response has no {pointer}"))
}

/// Checks that Prometheus reaches all its targets.
pub async fn targets_up(kubectl: &Kubectl<'_>) -> anyhow::Result<String> {
    let response: Value = fetch(kubectl, "prometheus", 9090, "api/v1/targets?state=active").await?;
    let targets = list(&response, "/data/activeTargets")?;
    ensure!(!targets.is_empty(), "Prometheus has no target yet");
    let down: Vec<String> = targets
        .iter()
        .filter(|target| text(target, "/health") != "up")
        .map(|target| {
            format!(
                "{} ({})",
                text(target, "/scrapeUrl"),
                text(target, "/lastError")
            )
        })
        .collect();
    ensure!(
        down.is_empty(),
        "Prometheus can't scrape {}",
        down.join(", ")
    );
    Ok(format!("{} of {}", targets.len(), targets.len()))
}

/// Checks that the rules are loaded and evaluate.
pub async fn rule_exists(kubectl: &Kubectl<'_>) -> anyhow::Result<String> {
    let response: Value = fetch(kubectl, "prometheus", 9090, "api/v1/rules").await?;
    let rules: Vec<&Value> = list(&response, "/data/groups")?
        .iter()
        .filter_map(|group| group.get("rules").and_then(Value::as_array))
        .flatten()
        .collect();
    let Some(rule) = rules
        .iter()
        .find(|rule| text(rule, "/name") == "TargetDown")
    else {
        bail!(
            "Prometheus has no rule TargetDown: kubectl logs deployment/prometheus config-reloader has the reason"
        );
    };
    ensure!(
        text(rule, "/health") != "err",
        "TargetDown can't be evaluated: {}",
        text(rule, "/lastError")
    );
    Ok(format!(
        "TargetDown and {} more",
        rules.len().saturating_sub(1)
    ))
}

/// Checks that both servers use their ConfigMaps. After an invalid change a server keeps the old configuration.
pub async fn configuration_loaded(kubectl: &Kubectl<'_>) -> anyhow::Result<String> {
    let query = r#"api/v1/query?query={__name__=~"(prometheus|alertmanager)_config_last_reload_successful"}"#;
    let response: Value = fetch(kubectl, "prometheus", 9090, query).await?;
    let servers = list(&response, "/data/result")?;
    for server in servers {
        let job = text(server, "/metric/job");
        ensure!(
            text(server, "/value/1") == "1",
            "{job} rejected its configuration and keeps the old one: kubectl logs deployment/{job} config-reloader"
        );
    }
    ensure!(
        servers.len() == 2,
        "Prometheus has not scraped itself and Alertmanager yet"
    );
    Ok("as in the ConfigMaps".to_owned())
}

/// Checks that Grafana and its database work.
pub async fn grafana_answers(kubectl: &Kubectl<'_>) -> anyhow::Result<String> {
    let health: Value = fetch(kubectl, "grafana", 3000, "api/health").await?;
    let database = text(&health, "/database");
    ensure!(
        database == "ok",
        "Grafana's database is {database:?}: kubectl logs deployment/grafana"
    );
    Ok(format!("version {}", text(&health, "/version")))
}

/// Checks that Alertmanager is ready and Prometheus sends to it.
pub async fn alertmanager_reachable(kubectl: &Kubectl<'_>) -> anyhow::Result<String> {
    let forward = Forward::to(kubectl, "alertmanager", 9093).await?;
    let client = http::local_client(Duration::from_secs(10))?;
    ensure!(
        http::answers(&client, &format!("{}/-/ready", forward.url)).await,
        "Alertmanager is not ready: kubectl logs deployment/alertmanager alertmanager"
    );
    let response: Value = fetch(kubectl, "prometheus", 9090, "api/v1/alertmanagers").await?;
    let active = list(&response, "/data/activeAlertmanagers")?;
    let first = active
        .first()
        .context("Prometheus has not discovered an Alertmanager, so it sends no alerts")?;
    Ok(text(first, "/url").to_owned())
}

/// Checks that `Watchdog`, the alert that always fires, was delivered recently.
pub async fn logger_has_lines(kubectl: &Kubectl<'_>) -> anyhow::Result<String> {
    let response: Value = fetch(kubectl, "alert-logger", 8080, "api/v1/alerts").await?;
    let last: Timestamp = text(&response, "/watchdog/last_received_at")
        .parse()
        .ok()
        .context("Watchdog has never arrived: alerts do not reach alert-logger")?;
    let age = Timestamp::now().duration_since(last).unsigned_abs();
    ensure!(
        age <= WATCHDOG_AGE,
        "Watchdog arrived {} s ago, but should arrive every minute: alerts do not reach alert-logger",
        age.as_secs()
    );
    Ok(format!("Watchdog arrived {} s ago", age.as_secs()))
}

/// Checks that the gateway has probe results, and that Prometheus agrees if it reports an availability of 0 %.
pub async fn gateway_answers(kubectl: &Kubectl<'_>) -> anyhow::Result<String> {
    let summary: Summary = fetch(kubectl, "api-gateway", 8080, "uptime-summary").await?;
    let count = probes(&summary)
        .context("the gateway has no probe results: ping-agent has probed nothing yet")?;
    let percent = summary.total.availability_percent;
    let percent = percent.context("the gateway has no availability")?;
    if percent == 0.0 {
        let query = "api/v1/query?query=sum(ping_success_total)";
        let metrics: Value = fetch(kubectl, "prometheus", 9090, query).await?;
        let successes = metrics
            .pointer("/data/result/0/value/1")
            .and_then(Value::as_str);
        ensure!(
            successes.is_none_or(|successes| successes == "0"),
            "the gateway reports 0 %, but Prometheus has {} successes: kubectl rollout restart deployment/api-gateway",
            successes.unwrap_or_default()
        );
    }
    Ok(format!("{count:.0} probes, {percent:.2} % successful"))
}
