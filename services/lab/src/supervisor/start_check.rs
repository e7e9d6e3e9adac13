//! The checks that must pass before `up` reports that the lab is up. Ready parts alone do not prove that the lab works.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Context as _;
use targets::TargetSource;
use tokio::time::{Instant, sleep};

use super::StartupFailure;
use crate::http;
use crate::http::prometheus::{Prometheus, RuleGroup, ScrapeTarget};
use crate::part::Part;
use crate::plan::Plan;
use crate::plan::rule_files::{Group, RuleFile};

const POLL: Duration = Duration::from_millis(100);

const TIMEOUT: Duration = Duration::from_secs(2);

/// The expected state, and the clients that read the actual state.
pub struct StartCheck {
    client: reqwest::Client,
    prometheus: Prometheus,
    agent_metrics: String,
    page: String,
    groups: BTreeSet<RuleGroup>,
    scraped: BTreeSet<ScrapeTarget>,
    alertmanager: SocketAddr,
    targets: TargetSource,
}

impl StartCheck {
    /// Expects the parts of `plan` and the groups in its rule files.
    ///
    /// # Errors
    /// A rule file can't be read.
    pub fn new(plan: &Plan<'_>) -> anyhow::Result<Self> {
        let ports = plan.ports;
        let rules = plan.installation.monitoring("prometheus/rules");
        Ok(Self {
            client: http::local_client(TIMEOUT)?,
            prometheus: Prometheus::new(&ports.url(Part::Prometheus))?,
            agent_metrics: format!("{}/metrics", ports.url(Part::PingAgent)),
            page: format!("{}/", ports.url(Part::DashboardUi)),
            groups: rule_groups(&RuleFile::read_all(&rules)?),
            scraped: plan
                .parts()
                .into_iter()
                .map(|part| ScrapeTarget {
                    job: part.name().to_owned(),
                    address: ports.address(part).to_string(),
                })
                .collect(),
            alertmanager: ports.address(Part::Alertmanager),
            targets: plan.target_source(),
        })
    }

    /// Waits until all checks pass, and returns a summary of them.
    ///
    /// # Errors
    /// A check still fails after `limit`.
    pub async fn wait(&self, limit: Duration) -> Result<String, StartupFailure> {
        let deadline = Instant::now() + limit;
        loop {
            let checks = [
                self.rules().await,
                self.scrapes().await,
                self.alertmanager().await,
                self.agent().await,
                self.page().await,
            ];
            let (passed, failed): (Vec<_>, Vec<_>) = checks.into_iter().partition(Result::is_ok);
            if failed.is_empty() {
                let passed: Vec<String> = passed.into_iter().flatten().collect();
                return Ok(passed.join(", "));
            }
            if Instant::now() >= deadline {
                return Err(StartupFailure::Check {
                    seconds: limit.as_secs(),
                    failed: failed
                        .into_iter()
                        .filter_map(Result::err)
                        .map(|error| format!("{error:#}"))
                        .collect(),
                });
            }
            sleep(POLL).await;
        }
    }

    async fn rules(&self) -> anyhow::Result<String> {
        let loaded = self.prometheus.rule_groups().await?;
        let missing: Vec<String> = self
            .groups
            .difference(&loaded)
            .map(ToString::to_string)
            .collect();
        anyhow::ensure!(
            missing.is_empty(),
            "Prometheus has not loaded {} of the {} rule groups in monitoring/prometheus/rules: {}",
            missing.len(),
            self.groups.len(),
            missing.join(", ")
        );
        Ok(format!("{} rule groups loaded", self.groups.len()))
    }

    async fn scrapes(&self) -> anyhow::Result<String> {
        let active = self.prometheus.scrape_targets().await?;
        let missing: Vec<String> = self
            .scraped
            .difference(&active)
            .map(ToString::to_string)
            .collect();
        anyhow::ensure!(
            missing.is_empty(),
            "Prometheus has not discovered {} of the {} parts to scrape: {}",
            missing.len(),
            self.scraped.len(),
            missing.join(", ")
        );
        Ok(format!("{} parts scraped", self.scraped.len()))
    }

    async fn alertmanager(&self) -> anyhow::Result<String> {
        let active = self.prometheus.alertmanagers().await?;
        let address = self.alertmanager.to_string();
        anyhow::ensure!(
            active.iter().any(|url| url.contains(&address)),
            "Prometheus has not discovered the Alertmanager at {address}"
        );
        Ok("Alertmanager discovered".to_owned())
    }

    async fn agent(&self) -> anyhow::Result<String> {
        let expected = self.targets.load()?.len();
        let context = || format!("ping-agent does not answer at {}", self.agent_metrics);
        let response = self.client.get(&self.agent_metrics).send().await;
        let text = http::body(response.with_context(context)?).await;
        let probed = text
            .with_context(context)?
            .split(|byte| *byte == b'\n')
            .filter(|line| line.starts_with(b"ping_target_info{"))
            .count();
        anyhow::ensure!(
            probed == expected,
            "ping-agent probes {probed} targets, but {expected} are configured"
        );
        Ok(format!("{probed} targets probed"))
    }

    async fn page(&self) -> anyhow::Result<String> {
        anyhow::ensure!(
            http::answers(&self.client, &self.page).await,
            "the status page does not answer with a success at {}",
            self.page
        );
        Ok("status page served".to_owned())
    }
}

fn rule_groups(files: &[RuleFile]) -> BTreeSet<RuleGroup> {
    let groups = |file: &RuleFile| {
        let group = |group: &Group| RuleGroup::new(&file.path, group.name.clone());
        file.groups.iter().map(group).collect::<Vec<_>>()
    };
    files.iter().flat_map(groups).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};
    use targets::Defaults;
    use wiremock::matchers::path;
    use wiremock::{Mock, MockServer, ResponseTemplate};

    const PARTS: [&str; 2] = ["ping-agent", "prometheus"];

    /// Starts a server in the place of Prometheus, agent and page, with `count` of the two groups, parts and targets.
    async fn server(count: usize) -> MockServer {
        let server = MockServer::start().await;
        let group = |name| json!({ "file": "/etc/x/a.yml", "name": name });
        let target = |job| json!({ "labels": { "job": job, "instance": "127.0.0.1:1" } });
        let data: [(&str, Value); 3] = [
            (
                "/api/v1/rules",
                json!({ "groups": Vec::from_iter(["slo", "lab"].map(group).into_iter().take(count)) }),
            ),
            (
                "/api/v1/targets",
                json!({ "activeTargets": Vec::from_iter(PARTS.map(target).into_iter().take(count)) }),
            ),
            (
                "/api/v1/alertmanagers",
                json!({ "activeAlertmanagers": [{ "url": "http://127.0.0.1:2/api/v2/alerts" }] }),
            ),
        ];
        for (at, data) in data {
            let response = ResponseTemplate::new(200).set_body_json(json!({ "data": data }));
            let mock = Mock::given(path(at)).respond_with(response);
            mock.mount(&server).await;
        }
        let lines = "ping_target_info{target=\"a\"} 1\n".repeat(count);
        for (at, body) in [("/metrics", lines), ("/", String::new())] {
            let response = ResponseTemplate::new(200).set_body_string(body);
            Mock::given(path(at))
                .respond_with(response)
                .mount(&server)
                .await;
        }
        server
    }

    fn check(server: &MockServer, alertmanager: u16) -> StartCheck {
        let group = |name: &str| RuleGroup::new("rules/a.yml".as_ref(), name.to_owned());
        let scraped = |job: &str| ScrapeTarget {
            job: job.to_owned(),
            address: "127.0.0.1:1".to_owned(),
        };
        let urls = "http://a.example,http://b.example".to_owned();
        StartCheck {
            client: http::local_client(TIMEOUT).unwrap(),
            prometheus: Prometheus::new(&server.uri()).unwrap(),
            agent_metrics: format!("{}/metrics", server.uri()),
            page: format!("{}/", server.uri()),
            groups: ["slo", "lab"].map(group).into(),
            scraped: PARTS.map(scraped).into(),
            alertmanager: ([127, 0, 0, 1], alertmanager).into(),
            targets: TargetSource::new(Some(urls), None, Defaults::for_listing()),
        }
    }

    #[tokio::test]
    async fn a_lab_in_which_all_checks_pass_is_up() {
        let server = server(2).await;
        let passed = check(&server, 2).wait(Duration::ZERO).await.unwrap();
        assert_eq!(
            passed,
            "2 rule groups loaded, 2 parts scraped, Alertmanager discovered, 2 targets probed, status page served"
        );
    }

    #[tokio::test]
    async fn failed_checks_are_named_at_the_time_limit() {
        let server = server(1).await;
        let failure = check(&server, 3).wait(Duration::ZERO).await.unwrap_err();
        let message = failure.to_string();
        for expected in [
            "1 of the 2 rule groups in monitoring/prometheus/rules: lab of a.yml",
            "1 of the 2 parts to scrape: prometheus at 127.0.0.1:1",
            "Alertmanager at 127.0.0.1:3",
            "ping-agent probes 1 targets, but 2 are configured",
        ] {
            assert!(message.contains(expected), "{message}");
        }
        assert!(!message.contains("status page"), "{message}");
    }
}
