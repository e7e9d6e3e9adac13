//! The state that routes and tasks share: sources, caches and the event log.

use std::sync::Arc;
use std::time::Duration;

use gateway_api::maintenance::Maintenance;
use jiff::Timestamp;
use service_kit::cache::{Cancelled, SingleFlight};
use service_kit::event_log::EventLog;
use service_kit::{ClientError, Limits};
use targets::TargetSet;
use tokio::sync::watch::Receiver;

use crate::config::Config;
use crate::live::blind::Visibility;
use crate::live::board::Board;
use crate::live::catalog::{Catalog, Listing};
use crate::live::maintenance;
use crate::rendered::Rendered;
use crate::sources::agents::{AgentSet, Observation};
use crate::sources::alert_logger::AlertLogger;
use crate::sources::prometheus::{Policy, Prometheus};
use crate::sources::{Poll, Sources};
use crate::window::Retention;

/// The lifetime of cached maintenance windows. The windows of 10,000 targets are expensive to calculate.
const MAINTENANCE_LIFETIME: Duration = Duration::from_secs(5);

/// The number of cached results: one for all targets, and the rest for single targets.
const MAINTENANCE_RESULTS: usize = 32;

/// The most subscribers of the event stream. Each subscriber holds a connection.
const SUBSCRIBERS: usize = 512;

/// The shared state of the gateway.
#[derive(Debug)]
pub struct Gateway {
    /// The targets that answers list.
    pub catalog: Catalog,
    /// The sources of answers.
    pub sources: Sources,
    /// Prometheus' retention, the longest allowed window.
    pub retention: Retention,
    /// Changes, for the subscribers of `/api/v1/events`.
    pub events: Arc<EventLog>,
    /// The rendered body of `/uptime-summary`, cached for its listing and observation.
    pub summary: Rendered<(Listing, Observation)>,
    visibility: Visibility,
    /// Cached maintenance windows of a target, or with the key `None` of all targets.
    maintenance: SingleFlight<Option<Arc<str>>, Arc<Maintenance>, Cancelled>,
}

impl Gateway {
    /// Creates the gateway. `targets` holds the current targets of the configuration, if it contains any. `limits` bounds
    /// subscribers and queries.
    ///
    /// # Errors
    /// An HTTP client can't be built.
    pub fn new(
        config: &Config,
        targets: Option<Receiver<Arc<TargetSet>>>,
        limits: &Limits,
    ) -> Result<Self, ClientError> {
        let prometheus = config.prometheus.as_ref();
        let prometheus = prometheus
            .map(|url| Prometheus::new(url, config.query_cache, Policy::default(), limits))
            .transpose()?;
        let alert_logger = config.alert_logger.as_ref().map(AlertLogger::new);
        let agents = AgentSet::new(&config.agents, config.agent_cache)?;
        let events = EventLog::new(limits.limit("event_streams", SUBSCRIBERS));
        Ok(Self {
            catalog: Catalog::new(targets),
            sources: Sources::new(agents, prometheus, alert_logger.transpose()?),
            retention: config.retention.clone(),
            events: Arc::new(events.starting_at("summary")),
            summary: Rendered::default(),
            visibility: Visibility::default(),
            maintenance: SingleFlight::new(MAINTENANCE_LIFETIME, MAINTENANCE_RESULTS),
        })
    }

    /// Polls the sources, and returns the current state of all targets.
    pub async fn board(&self) -> Board {
        self.board_of(self.sources.poll().await)
    }

    /// Returns the state of all targets at the time of a poll.
    #[must_use]
    pub fn board_of(&self, poll: Poll) -> Board {
        let blind = self.visibility.judge_poll(&poll);
        Board::new(&poll, blind, &self.catalog.listing())
    }

    /// Returns the maintenance windows of a target, or of all targets; `None` if no targets are configured.
    ///
    /// # Errors
    /// The gateway is shutting down.
    pub async fn maintenance(
        &self,
        target: Option<&str>,
    ) -> Result<Option<Arc<Maintenance>>, Cancelled> {
        let Some(targets) = self.catalog.configured() else {
            return Ok(None);
        };
        let Some(target) = target else {
            return self.windows(None, targets).await.map(Some);
        };
        match targets.get(target).map(|target| Arc::clone(&target.name)) {
            Some(name) => self.windows(Some(name), targets).await.map(Some),
            None => Ok(Some(Arc::default())),
        }
    }

    async fn windows(
        &self,
        target: Option<Arc<str>>,
        targets: Arc<TargetSet>,
    ) -> Result<Arc<Maintenance>, Cancelled> {
        let name = target.clone();
        let find = move || {
            let now = Timestamp::now();
            Arc::new(match name {
                Some(name) => maintenance::windows(targets.get(&name), now),
                None => maintenance::windows(&*targets, now),
            })
        };
        let find = || async {
            tokio::task::spawn_blocking(find)
                .await
                .map_err(|_| Cancelled)
        };
        self.maintenance.get(target, find).await
    }
}
