//! The set of all agents, which are fetched concurrently.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::future::join_all;
use reqwest::Client;
use service_kit::cache::SingleFlight;
use service_kit::{ClientError, http_client};

use super::client::{DEADLINE, fetch};
use super::{AgentAnswer, AgentError, Endpoint, Observation, Snapshot};

/// The timeout for an agent whose last fetch failed. It limits how much a hanging agent delays every request.
const TIMEOUT_AFTER_FAILURE: Duration = Duration::from_millis(250);

/// How long the last counts of an unavailable agent are included. Replacing a pod takes less time.
const LAST_COUNTS_MAX_AGE: Duration = Duration::from_secs(30);

/// The agents of the configuration.
#[derive(Debug)]
pub struct AgentSet {
    client: Client,
    agents: Vec<Agent>,
    lifetime: Duration,
}

#[derive(Debug)]
struct Agent {
    endpoint: Arc<Endpoint>,
    /// The cached snapshot. There is only one, so it has no key.
    snapshots: SingleFlight<(), Arc<Snapshot>, AgentError>,
    presence: Arc<Presence>,
}

/// The outcome of the last fetch, whether or not a request waited for it.
#[derive(Debug, Default)]
struct Presence(Mutex<LastFetch>);

#[derive(Debug, Default)]
struct LastFetch {
    error: Option<AgentError>,
    /// The last snapshot, of this fetch or an earlier one.
    snapshot: Option<Arc<Snapshot>>,
}

impl AgentSet {
    /// Creates the set. `lifetime` is `PING_AGENT_CACHE_SECONDS`, the longest age of a cached snapshot.
    ///
    /// # Errors
    /// The HTTP client can't be built.
    pub fn new(endpoints: &[Endpoint], lifetime: Duration) -> Result<Self, ClientError> {
        let agents = endpoints
            .iter()
            .map(|endpoint| Agent {
                endpoint: Arc::new(endpoint.clone()),
                snapshots: SingleFlight::new(lifetime, 1).refresh_ahead(),
                presence: Arc::default(),
            })
            .collect();
        Ok(Self {
            client: http_client(endpoints.iter().map(|endpoint| &endpoint.url), DEADLINE)?,
            agents,
            lifetime,
        })
    }

    /// Returns whether an observation is still current: every agent answered, and no snapshot has expired.
    #[must_use]
    pub fn is_current(&self, observation: &Observation) -> bool {
        observation.is_complete_within(self.lifetime)
    }

    /// Returns the agents' snapshots, from the cache until they expire.
    pub async fn observe(&self) -> Observation {
        self.fetch(false).await
    }

    /// Fetches the agents' snapshots, or waits for a fetch that is in progress.
    pub async fn observe_uncached(&self) -> Observation {
        self.fetch(true).await
    }

    async fn fetch(&self, uncached: bool) -> Observation {
        let answers = self
            .agents
            .iter()
            .map(|agent| agent.answer(&self.client, uncached));
        Observation {
            answers: join_all(answers).await,
        }
    }
}

impl Agent {
    async fn answer(&self, client: &Client, uncached: bool) -> AgentAnswer {
        let fetch = || {
            let fetch = fetch(client.clone(), self.endpoint.url.clone());
            let (agent, presence) = (self.endpoint.name(), Arc::clone(&self.presence));
            async move { presence.record(&agent, fetch.await) }
        };
        let get = async {
            if uncached {
                self.snapshots.get_fresh((), fetch).await
            } else {
                self.snapshots.get((), fetch).await
            }
        };
        let outcome = match self.presence.last_error() {
            None => get.await,
            Some(error) => match tokio::time::timeout(TIMEOUT_AFTER_FAILURE, get).await {
                Ok(outcome) => outcome,
                Err(_) => Err(error),
            },
        };
        let last = self.presence.last_snapshot().filter(|_| outcome.is_err());
        let recent = |last: &Arc<Snapshot>| last.requested_at.elapsed() <= LAST_COUNTS_MAX_AGE;
        AgentAnswer {
            agent: Arc::clone(&self.endpoint),
            is_recent: last.as_ref().is_some_and(recent),
            last,
            outcome,
        }
    }
}

impl Presence {
    /// Returns the error of the last fetch.
    fn last_error(&self) -> Option<AgentError> {
        self.lock().error.clone()
    }

    /// Returns the last snapshot.
    fn last_snapshot(&self) -> Option<Arc<Snapshot>> {
        self.lock().snapshot.clone()
    }

    /// Records the outcome of a fetch, and derives values from the previous snapshot. Logs when the agent becomes
    /// unavailable and when it is available again.
    fn record(
        &self,
        agent: &str,
        outcome: Result<Snapshot, AgentError>,
    ) -> Result<Arc<Snapshot>, AgentError> {
        let last = self.last_snapshot();
        let outcome = outcome.map(|snapshot| match &last {
            Some(last) => Arc::new(snapshot.after(last)),
            None => Arc::new(snapshot),
        });
        let mut fetch = self.lock();
        let error = outcome.as_ref().err();
        if fetch.error.as_ref() != error {
            match error {
                Some(error) => tracing::warn!(%agent, %error, "ping-agent is unavailable"),
                None => tracing::info!(%agent, "ping-agent is available again"),
            }
            fetch.error = error.cloned();
        }
        if let Ok(snapshot) = &outcome {
            fetch.snapshot = Some(Arc::clone(snapshot));
        }
        outcome
    }

    fn lock(&self) -> MutexGuard<'_, LastFetch> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
