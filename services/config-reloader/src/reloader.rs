//! Compares the files with what the server has loaded, and tells it.

use std::io::Read;
use std::time::Duration;

use service_kit::{ClientError, read_response};
use tokio::time::{MissedTickBehavior, interval};

use crate::config::Config;
use crate::files::{self, Files};
use crate::metrics::Metrics;

/// How often the files are compared, and a reload that failed is tried again.
const PERIOD: Duration = Duration::from_secs(5);

/// A reload of many rules takes a while.
const TIMEOUT: Duration = Duration::from_secs(30);

/// How much of a refusal is logged, in characters.
const REASON_MAX: usize = 1000;

/// The longest refusal that is read.
const ANSWER_BYTES: usize = 1 << 20;

/// The watch over the files.
#[derive(Debug)]
pub(crate) struct Reloader {
    config: Config,
    client: reqwest::Client,
    metrics: Metrics,
    /// The files that the server has loaded; unknown at first, since it may have started before the files changed.
    loaded: Option<Files>,
    /// The reason that was logged last, so that each one is logged once.
    told: Option<String>,
}

impl Reloader {
    pub(crate) fn new(config: Config, metrics: Metrics) -> Result<Self, ClientError> {
        Ok(Self {
            client: service_kit::http_client([&config.reload_url], TIMEOUT)?,
            config,
            metrics,
            loaded: None,
            told: None,
        })
    }

    /// Works until it is dropped.
    pub(crate) async fn run(mut self) {
        let mut ticks = interval(PERIOD);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            self.look().await;
        }
    }

    async fn look(&mut self) {
        let outcome = match files::read(&self.config.watch_dirs) {
            Ok(files) if self.loaded.as_ref() == Some(&files) => Ok(()),
            Ok(files) => self.reload(files).await,
            Err(error) => Err(error.to_string()),
        };
        self.metrics.in_step.set(i64::from(outcome.is_ok()));
        match outcome {
            Ok(()) => self.told = None,
            Err(reason) => {
                self.metrics.failures.inc();
                if self.told.as_ref() != Some(&reason) {
                    tracing::error!("the server keeps its old configuration: {reason}");
                    self.told = Some(reason);
                }
            }
        }
    }

    async fn reload(&mut self, files: Files) -> Result<(), String> {
        let url = self.config.reload_url.clone();
        let answer = self.client.post(url).send().await.map_err(|error| {
            format!(
                "it does not answer at {}: {}",
                self.config.reload_url,
                error.without_url()
            )
        })?;
        let status = answer.status();
        if !status.is_success() {
            let read = read_response(answer, ANSWER_BYTES, |mut text| {
                let mut reason = String::new();
                text.read_to_string(&mut reason).map(|_| reason)
            });
            let text = read.await.ok().and_then(Result::ok).unwrap_or_default();
            let reason: String = text.trim().chars().take(REASON_MAX).collect();
            return Err(format!("it answered {status}: {reason}"));
        }
        tracing::info!(files = files.len(), "the server has reloaded");
        self.metrics.reloads.inc();
        self.loaded = Some(files);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use prometheus::Registry;
    use tempfile::TempDir;
    use wiremock::matchers::{method, path};
    use wiremock::{Mock, MockServer, ResponseTemplate};

    use super::*;

    async fn answering(server: &MockServer, status: u16, times: u64) {
        Mock::given(method("POST"))
            .and(path("/-/reload"))
            .respond_with(ResponseTemplate::new(status).set_body_string("bad rule"))
            .up_to_n_times(times)
            .mount(server)
            .await;
    }

    async fn reloader(server: &MockServer) -> (TempDir, Reloader) {
        let folder = tempfile::tempdir().unwrap();
        let config = Config {
            watch_dirs: vec![folder.path().to_path_buf()],
            reload_url: format!("{}/-/reload", server.uri()).parse().unwrap(),
        };
        let metrics = Metrics::register(&Registry::new()).unwrap();
        (folder, Reloader::new(config, metrics).unwrap())
    }

    async fn requests(server: &MockServer) -> usize {
        server.received_requests().await.unwrap().len()
    }

    #[tokio::test]
    async fn the_server_reloads_at_the_start_and_after_each_change_alone() {
        let server = MockServer::start().await;
        answering(&server, 200, 9).await;
        let (folder, mut reloader) = reloader(&server).await;
        reloader.look().await;
        reloader.look().await;
        assert_eq!(requests(&server).await, 1);
        std::fs::write(folder.path().join("rules.yml"), "groups: []").unwrap();
        reloader.look().await;
        reloader.look().await;
        assert_eq!(requests(&server).await, 2);
        assert_eq!(reloader.metrics.reloads.get(), 2);
        assert_eq!(reloader.metrics.in_step.get(), 1);
    }

    #[tokio::test]
    async fn a_refusal_is_tried_again_until_it_is_taken() {
        let server = MockServer::start().await;
        answering(&server, 500, 2).await;
        answering(&server, 200, 9).await;
        let (_folder, mut reloader) = reloader(&server).await;
        reloader.look().await;
        assert_eq!(reloader.metrics.in_step.get(), 0);
        assert!(reloader.told.as_ref().unwrap().contains("bad rule"));
        reloader.look().await;
        reloader.look().await;
        assert_eq!(reloader.metrics.failures.get(), 2);
        assert_eq!(reloader.metrics.reloads.get(), 1);
        assert_eq!(reloader.metrics.in_step.get(), 1);
        assert_eq!(reloader.told, None);
    }

    #[tokio::test]
    async fn a_server_that_is_away_is_tried_again() {
        let server = MockServer::start().await;
        let (folder, mut reloader) = reloader(&server).await;
        drop(server);
        reloader.look().await;
        assert_eq!(reloader.metrics.in_step.get(), 0);
        drop(folder);
        reloader.look().await;
        assert_eq!(reloader.metrics.failures.get(), 2);
    }
}
