//! All agents, fetched at the same time.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::future::join_all;
use reqwest::Client;
use service_kit::cache::SingleFlight;
use service_kit::{ClientError, http_client};

use super::client::{DEADLINE, fetch};
use super::{AgentError, Endpoint, Observation, Snapshot, View};

/// How long readers wait for an agent that was away the last time. A hanging one would else slow all of them down.
const PATIENCE: Duration = Duration::from_millis(250);

/// How long the last counts of an agent that is away are still given. A pod that is replaced is back sooner.
const LAST_COUNTS_FOR: Duration = Duration::from_secs(30);

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
    /// Snapshots by nothing: an agent has one at a time.
    snapshots: SingleFlight<(), Arc<Snapshot>, AgentError>,
    presence: Arc<Presence>,
}

/// The outcome of the last fetch, whether or not a reader waited for it.
#[derive(Debug, Default)]
struct Presence(Mutex<LastFetch>);

#[derive(Debug, Default)]
struct LastFetch {
    /// Why there was no snapshot.
    away: Option<AgentError>,
    /// The last snapshot, of this fetch or an earlier one.
    last: Option<Arc<Snapshot>>,
}

impl AgentSet {
    /// `lifetime` is `PING_AGENT_CACHE_SECONDS`: no snapshot that is handed out is older.
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

    /// Returns whether an answer from this observation is still one about now: every agent is in it, with a snapshot that
    /// lives.
    #[must_use]
    pub fn is_current(&self, observation: &Observation) -> bool {
        observation.is_whole_and_within(self.lifetime)
    }

    /// Returns the agents' snapshots, none older than their lifetime.
    pub async fn observe(&self) -> Observation {
        self.views(false).await
    }

    /// Fetches the agents' snapshots, unless they are being fetched already.
    pub async fn observe_anew(&self) -> Observation {
        self.views(true).await
    }

    async fn views(&self, anew: bool) -> Observation {
        let views = self
            .agents
            .iter()
            .map(|agent| agent.view(&self.client, anew));
        Observation {
            views: join_all(views).await,
        }
    }
}

impl Agent {
    async fn view(&self, client: &Client, anew: bool) -> View {
        let fetch = || {
            let fetch = fetch(client.clone(), self.endpoint.url.clone());
            let (agent, presence) = (self.endpoint.name(), Arc::clone(&self.presence));
            async move { presence.record(&agent, fetch.await) }
        };
        let get = async {
            if anew {
                self.snapshots.get_fresh((), fetch).await
            } else {
                self.snapshots.get((), fetch).await
            }
        };
        let outcome = match self.presence.away() {
            None => get.await,
            Some(error) => match tokio::time::timeout(PATIENCE, get).await {
                Ok(outcome) => outcome,
                Err(_) => Err(error),
            },
        };
        let last = self.presence.last().filter(|_| outcome.is_err());
        let recent = |last: &Arc<Snapshot>| last.taken.elapsed() <= LAST_COUNTS_FOR;
        View {
            agent: Arc::clone(&self.endpoint),
            is_recent: last.as_ref().is_some_and(recent),
            last,
            outcome,
        }
    }
}

impl Presence {
    /// Returns why the agent gave no snapshot the last time.
    fn away(&self) -> Option<AgentError> {
        self.lock().away.clone()
    }

    /// Returns the last snapshot.
    fn last(&self) -> Option<Arc<Snapshot>> {
        self.lock().last.clone()
    }

    /// Derives a snapshot from the one before it, or keeps why there is none; logs when the agent goes away and when it
    /// is back.
    fn record(
        &self,
        agent: &str,
        outcome: Result<Snapshot, AgentError>,
    ) -> Result<Arc<Snapshot>, AgentError> {
        let last = self.last();
        let outcome = outcome.map(|snapshot| match &last {
            Some(last) => Arc::new(snapshot.after(last)),
            None => Arc::new(snapshot),
        });
        let mut fetch = self.lock();
        let away = outcome.as_ref().err();
        if fetch.away.as_ref() != away {
            match away {
                Some(error) => tracing::warn!(%agent, %error, "ping-agent is away"),
                None => tracing::info!(%agent, "ping-agent is back"),
            }
            fetch.away = away.cloned();
        }
        if let Ok(snapshot) = &outcome {
            fetch.last = Some(Arc::clone(snapshot));
        }
        outcome
    }

    fn lock(&self) -> MutexGuard<'_, LastFetch> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
