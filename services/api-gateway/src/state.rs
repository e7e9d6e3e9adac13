//! What the routes answer from.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use service_kit::{ClientError, Limits};
use targets::TargetSet;
use tokio::sync::watch::Receiver;

use crate::agents::{AgentSet, Observation};
use crate::alert_logger::AlertLogger;
use crate::blind::Sight;
use crate::board::Board;
use crate::cache::{Cancelled, Rendered, SingleFlight};
use crate::catalog::{Catalog, Listing};
use crate::config::Config;
use crate::events::Events;
use crate::maintenance::Maintenance;
use crate::prometheus::{Policy, Prometheus, Retention};
use crate::sources::{LastTime, Look};

/// How long maintenance windows are kept: finding those of 10,000 targets takes a while.
const MAINTENANCE_FOR: Duration = Duration::from_secs(5);

/// Whose maintenance windows are kept: those of all targets, and of so many single ones.
const MAINTENANCES: usize = 32;

/// The sources of a gateway's answers.
#[derive(Debug)]
pub struct Gateway {
    /// What is listed.
    pub catalog: Catalog,
    /// What is true now.
    pub agents: AgentSet,
    /// What was true over a window; `None` where it is not configured.
    pub prometheus: Option<Prometheus>,
    /// How long Prometheus keeps its data: the longest window.
    pub retention: Retention,
    /// Where alerts go; `None` where it is not configured.
    pub alert_logger: Option<AlertLogger>,
    /// Since when which of them is away.
    pub sight: Sight,
    /// Which of them did not answer the last time.
    pub(crate) last_time: LastTime,
    /// Changes, for those who listen.
    pub events: Arc<Events>,
    /// Maintenance windows: of a target, or of all of them.
    maintenance: SingleFlight<Option<Arc<str>>, Arc<Maintenance>, Cancelled>,
    /// The body of `/uptime-summary`, by what it was made from.
    pub summary: Rendered<(Listing, Observation)>,
}

impl Gateway {
    /// A gateway; `targets` holds the current targets of the configuration, if it names any. What its readers share is
    /// bounded by `limits`.
    ///
    /// # Errors
    /// An HTTP client can't be built.
    pub fn new(
        config: &Config,
        targets: Option<Receiver<Arc<TargetSet>>>,
        limits: &Limits,
    ) -> Result<Self, ClientError> {
        let prometheus = config.prometheus.as_ref();
        Ok(Self {
            catalog: Catalog::new(targets),
            agents: AgentSet::new(&config.agents, config.agent_cache)?,
            prometheus: prometheus
                .map(|url| Prometheus::new(url, config.query_cache, Policy::default(), limits))
                .transpose()?,
            retention: config.retention.clone(),
            alert_logger: config
                .alert_logger
                .as_ref()
                .map(AlertLogger::new)
                .transpose()?,
            sight: Sight::default(),
            last_time: LastTime::default(),
            events: Arc::new(Events::new(limits)),
            maintenance: SingleFlight::new(MAINTENANCE_FOR, MAINTENANCES),
            summary: Rendered::default(),
        })
    }

    /// The state of everything now.
    pub async fn board(&self) -> Board {
        self.board_of(self.look().await)
    }

    /// The state of everything as it looked.
    #[must_use]
    pub fn board_of(&self, look: Look) -> Board {
        Board::new(look, &self.catalog.listing())
    }

    /// The maintenance windows of a target, or of all; `None` where no targets are configured.
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
        let wanted = target.clone();
        let find = move || {
            let now = Timestamp::now();
            Arc::new(match wanted {
                Some(name) => Maintenance::of(targets.get(&name), now),
                None => Maintenance::of(&*targets, now),
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
