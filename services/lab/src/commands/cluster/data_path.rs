//! `check-data-path`: checks that probe results reach the gateway. `helm test` runs it in the cluster.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, anyhow, bail, ensure};
use gateway_api::availability::{Summary, WindowedSummary};
use gateway_api::status::StatusSummary;
use serde::de::DeserializeOwned;
use tokio::time::{Instant, sleep};
use url::Url;

use crate::cli::Error;
use crate::http;
use crate::terminal::output;

/// The time limit. Right after an install, the first probe, scrape and evaluation take less.
const TIME_LIMIT: Duration = Duration::from_secs(120);

/// The pause between two checks.
const PERIOD: Duration = Duration::from_secs(3);

/// Repeats the check until it passes. Fails with the reason if it does not pass in time.
pub async fn run(gateway: &Url) -> Result<ExitCode, Error> {
    let client = http::local_client(Duration::from_secs(5))?;
    let deadline = Instant::now() + TIME_LIMIT;
    loop {
        match check(&client, gateway).await {
            Ok(text) => {
                output::print(&format!("{text}\n"))?;
                return Ok(ExitCode::SUCCESS);
            }
            Err(error) if Instant::now() >= deadline => return Err(error.into()),
            Err(_) => sleep(PERIOD).await,
        }
    }
}

async fn check(client: &reqwest::Client, gateway: &Url) -> anyhow::Result<String> {
    let status: StatusSummary = get(client, gateway, "api/v1/status").await?;
    if let Some(source) = status.sources.iter().find(|source| !source.ok) {
        let detail = source.detail.as_deref().unwrap_or_default();
        bail!("api-gateway can't reach {}: {detail}", source.name);
    }
    let summary: Summary = get(client, gateway, "uptime-summary").await?;
    let probes =
        probes(&summary).context("api-gateway has no probe results yet: no target was probed")?;
    // The counts above come from ping-agent, these from Prometheus.
    let windowed = "uptime-summary-windowed?window=5m";
    let windowed: WindowedSummary = get(client, gateway, windowed).await?;
    ensure!(
        self::probes(&windowed.summary).is_some(),
        "ping-agent has {probes} probe results, but Prometheus has none yet"
    );
    Ok(format!(
        "{probes:.0} probe results passed through ping-agent, Prometheus and api-gateway"
    ))
}

/// Requests `path` and parses the JSON of the response.
///
/// # Errors
/// The server does not answer, or its response is an error or no such JSON.
pub async fn get<T: DeserializeOwned>(
    client: &reqwest::Client,
    base: &Url,
    path: &str,
) -> anyhow::Result<T> {
    let url = base.join(path)?;
    let response = client
        .get(url.clone())
        .send()
        .await
        .map_err(|error| anyhow!("{url} does not answer: {}", error.without_url()))?;
    let status = response.status();
    ensure!(status.is_success(), "{url} answers {status}");
    let body = http::body(response)
        .await
        .with_context(|| format!("{url} does not answer"))?;
    serde_json::from_slice(&body)
        .with_context(|| format!("the response of {url} has an unexpected format"))
}

/// Returns the number of probes in a summary; `None` if it is 0.
pub fn probes(summary: &Summary) -> Option<f64> {
    let probes = summary.total.success + summary.total.failures;
    (probes > 0.0).then_some(probes)
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use wiremock::matchers::path;
    use wiremock::{Mock, MockServer, ResponseTemplate};

    use super::*;

    async fn gateway(prometheus: bool, failures: u32) -> MockServer {
        let server = MockServer::start().await;
        let summary = json!({
            "window": "5m",
            "targets": [],
            "total": {"success": 0, "failures": failures, "availability": null, "availability_percent": null},
            "partial": [],
        });
        let status = json!({
            "generated_at": "2026-01-01T00:00:00Z",
            "newest_observation_at": null,
            "blind": null,
            "sources": [
                {"name": "ping-agent", "ok": true, "detail": null},
                {"name": "prometheus", "ok": prometheus, "detail": "it cannot be reached"},
            ],
            "state": "up",
            "counts": {"up": 1, "down": 0, "maintenance": 0, "unknown": 0},
        });
        for (route, body) in [
            ("/api/v1/status", status),
            ("/uptime-summary", summary.clone()),
            ("/uptime-summary-windowed", summary),
        ] {
            Mock::given(path(route))
                .respond_with(ResponseTemplate::new(200).set_body_json(body))
                .mount(&server)
                .await;
        }
        server
    }

    async fn check_text(server: &MockServer) -> String {
        let client = http::local_client(Duration::from_secs(5)).unwrap();
        let url = server.uri().parse().unwrap();
        match check(&client, &url).await {
            Ok(text) => text,
            Err(error) => format!("{error:#}"),
        }
    }

    #[tokio::test]
    async fn failed_probes_count_as_results() {
        let text = check_text(&gateway(true, 3).await).await;
        assert!(text.starts_with("3 probe results"), "{text}");
    }

    #[tokio::test]
    async fn the_error_names_the_interrupted_connection() {
        let text = check_text(&gateway(false, 3).await).await;
        assert!(
            text.contains("can't reach prometheus: it cannot be reached"),
            "{text}"
        );
        let text = check_text(&gateway(true, 0).await).await;
        assert!(text.contains("no target was probed"), "{text}");
    }
}
