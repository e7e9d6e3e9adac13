//! All agents, asked at the same time.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::future::join_all;
use reqwest::Client;
use service_kit::{ClientError, Latch, Shutdown, http_client};

use super::client::{DEADLINE, fetch};
use super::{AgentError, Endpoint, Observation, Snapshot, View};
use crate::cache::SingleFlight;

/// How long readers wait for an agent that was away the last time. A hanging one would else slow all of them down.
const PATIENCE: Duration = Duration::from_millis(250);

/// How often agents are asked when no reader asks, for `/readyz`.
const WATCH_READY: Duration = Duration::from_secs(5);
const WATCH_NOT_READY: Duration = Duration::from_millis(500);

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

/// What came of the last fetch, whether or not a reader was patient enough to see it.
#[derive(Debug, Default)]
struct Presence(Mutex<Option<AgentError>>);

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
            client: http_client(DEADLINE)?,
            agents,
            lifetime,
        })
    }

    /// Whether an answer from this observation is still one about now: every agent is in it, with a snapshot that
    /// lives.
    #[must_use]
    pub fn is_current(&self, observation: &Observation) -> bool {
        observation.is_whole_and_within(self.lifetime)
    }

    /// What the agents say now.
    pub async fn observe(&self) -> Observation {
        let views = self.agents.iter().map(|agent| agent.view(&self.client));
        Observation {
            views: join_all(views).await,
        }
    }

    /// Keeps `latch` ready while at least one agent answers, until shutdown.
    pub async fn watch(&self, latch: Latch, mut shutdown: Shutdown) {
        loop {
            let pause = match self.observe().await.blind() {
                None => {
                    latch.ready();
                    WATCH_READY
                }
                Some(reason) => {
                    latch.not_ready(reason);
                    WATCH_NOT_READY
                }
            };
            tokio::select! {
                () = shutdown.requested() => return,
                () = tokio::time::sleep(pause) => {}
            }
        }
    }
}

impl Agent {
    async fn view(&self, client: &Client) -> View {
        let get = self.snapshots.get((), || {
            let fetch = fetch(client.clone(), self.endpoint.url.clone());
            let (agent, presence) = (self.endpoint.name(), Arc::clone(&self.presence));
            async move {
                let outcome = fetch.await.map(Arc::new);
                presence.note(&agent, outcome.as_ref().err());
                outcome
            }
        });
        let outcome = match self.presence.away() {
            None => get.await,
            Some(error) => match tokio::time::timeout(PATIENCE, get).await {
                Ok(outcome) => outcome,
                Err(_) => Err(error),
            },
        };
        View {
            agent: Arc::clone(&self.endpoint),
            outcome,
        }
    }
}

impl Presence {
    /// Why the agent gave no snapshot the last time.
    fn away(&self) -> Option<AgentError> {
        self.lock().clone()
    }

    /// Keeps why the agent is away, and says in the log when it goes and when it is back.
    fn note(&self, agent: &str, error: Option<&AgentError>) {
        let mut away = self.lock();
        if away.as_ref() == error {
            return;
        }
        match error {
            Some(error) => tracing::warn!(%agent, %error, "ping-agent is away"),
            None => tracing::info!(%agent, "ping-agent is back"),
        }
        *away = error.cloned();
    }

    fn lock(&self) -> MutexGuard<'_, Option<AgentError>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
