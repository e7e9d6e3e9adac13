//! Compares the files with those that the server has loaded, and makes it reload.

use std::io::Read;
use std::time::Duration;

use service_kit::{ClientError, read_response};
use tokio::time::{MissedTickBehavior, interval};

use crate::config::Config;
use crate::files::{self, Files};
use crate::metrics::Metrics;

/// Time between two comparisons of the files. A failed reload is retried at the same pace.
const PERIOD: Duration = Duration::from_secs(5);

/// Timeout of a reload, which is slow if there are many rules.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Maximum length of a logged error response, in characters.
const REASON_MAX: usize = 1000;

/// Maximum length of an error response that is read.
const RESPONSE_BYTES: usize = 1 << 20;

/// Polls the files and reloads the server.
#[derive(Debug)]
pub(crate) struct Reloader {
    config: Config,
    client: reqwest::Client,
    metrics: Metrics,
    /// The files that the server has loaded. `None` at first, because it may have started before the files changed.
    loaded: Option<Files>,
    /// The last logged error, so that each error is logged only once.
    logged: Option<String>,
}

impl Reloader {
    pub(crate) fn new(config: Config, metrics: Metrics) -> Result<Self, ClientError> {
        Ok(Self {
            client: service_kit::http_client([&config.reload_url], TIMEOUT)?,
            config,
            metrics,
            loaded: None,
            logged: None,
        })
    }

    /// Polls until the future is dropped.
    pub(crate) async fn run(mut self) {
        let mut ticks = interval(PERIOD);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            self.poll().await;
        }
    }

    async fn poll(&mut self) {
        let outcome = match files::read(&self.config.watch_dirs) {
            Ok(files) if self.loaded.as_ref() == Some(&files) => Ok(()),
            Ok(files) => self.reload(files).await,
            Err(error) => Err(error.to_string()),
        };
        self.metrics.in_step.set(i64::from(outcome.is_ok()));
        match outcome {
            Ok(()) => self.logged = None,
            Err(reason) => {
                self.metrics.failures.inc();
                if self.logged.as_ref() != Some(&reason) {
                    tracing::error!("the server keeps its old configuration: {reason}");
                    self.logged = Some(reason);
                }
            }
        }
    }

    async fn reload(&mut self, files: Files) -> Result<(), String> {
        let url = self.config.reload_url.clone();
        let response = self.client.post(url).send().await.map_err(|error| {
            format!(
                "no response from {}: {}",
                self.config.reload_url,
                error.without_url()
            )
        })?;
        let status = response.status();
        if !status.is_success() {
            let read = read_response(response, RESPONSE_BYTES, |mut text| {
                let mut reason = String::new();
                text.read_to_string(&mut reason).map(|_| reason)
            });
            let text = read.await.ok().and_then(Result::ok).unwrap_or_default();
            let reason: String = text.trim().chars().take(REASON_MAX).collect();
            return Err(format!("it responded with {status}: {reason}"));
        }
        tracing::info!(files = files.len(), "the server has reloaded the files");
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

    async fn respond(server: &MockServer, status: u16, times: u64) {
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
    async fn the_server_reloads_only_at_the_start_and_after_a_change() {
        let server = MockServer::start().await;
        respond(&server, 200, 9).await;
        let (folder, mut reloader) = reloader(&server).await;
        reloader.poll().await;
        reloader.poll().await;
        assert_eq!(requests(&server).await, 1);
        std::fs::write(folder.path().join("rules.yml"), "groups: []").unwrap();
        reloader.poll().await;
        reloader.poll().await;
        assert_eq!(requests(&server).await, 2);
        assert_eq!(reloader.metrics.reloads.get(), 2);
        assert_eq!(reloader.metrics.in_step.get(), 1);
    }

    #[tokio::test]
    async fn a_rejected_reload_is_retried_until_it_succeeds() {
        let server = MockServer::start().await;
        respond(&server, 500, 2).await;
        respond(&server, 200, 9).await;
        let (_folder, mut reloader) = reloader(&server).await;
        reloader.poll().await;
        assert_eq!(reloader.metrics.in_step.get(), 0);
        assert!(reloader.logged.as_ref().unwrap().contains("bad rule"));
        reloader.poll().await;
        reloader.poll().await;
        assert_eq!(reloader.metrics.failures.get(), 2);
        assert_eq!(reloader.metrics.reloads.get(), 1);
        assert_eq!(reloader.metrics.in_step.get(), 1);
        assert_eq!(reloader.logged, None);
    }

    #[tokio::test]
    async fn a_reload_of_an_unavailable_server_is_retried() {
        let server = MockServer::start().await;
        let (folder, mut reloader) = reloader(&server).await;
        drop(server);
        reloader.poll().await;
        assert_eq!(reloader.metrics.in_step.get(), 0);
        drop(folder);
        reloader.poll().await;
        assert_eq!(reloader.metrics.failures.get(), 2);
    }
}
