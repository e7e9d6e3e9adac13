//! What the routes answer from.

use std::sync::Arc;

use service_kit::ClientError;
use targets::TargetSet;
use tokio::sync::watch::Receiver;

use crate::agents::{AgentSet, Observation};
use crate::alert_logger::AlertLogger;
use crate::blind::Sight;
use crate::board::Board;
use crate::cache::Rendered;
use crate::catalog::{Catalog, Listing};
use crate::config::Config;
use crate::prometheus::{Policy, Prometheus};

/// The sources of a gateway's answers.
#[derive(Debug)]
pub struct Gateway {
    /// What is listed.
    pub catalog: Catalog,
    /// What is true now.
    pub agents: AgentSet,
    /// What was true over a window; `None` where it is not configured.
    pub prometheus: Option<Prometheus>,
    /// Where alerts go; `None` where it is not configured.
    pub alert_logger: Option<AlertLogger>,
    /// Since when which of them is away.
    pub sight: Sight,
    /// The body of `/uptime-summary`, by what it was made from.
    pub summary: Rendered<(Listing, Observation)>,
}

impl Gateway {
    /// A gateway; `targets` holds the current targets of the configuration, if it names any.
    ///
    /// # Errors
    /// An HTTP client can't be built.
    pub fn new(
        config: &Config,
        targets: Option<Receiver<Arc<TargetSet>>>,
    ) -> Result<Self, ClientError> {
        let prometheus = config.prometheus.as_ref();
        Ok(Self {
            catalog: Catalog::new(targets),
            agents: AgentSet::new(&config.agents, config.agent_cache)?,
            prometheus: prometheus
                .map(|url| Prometheus::new(url, config.query_cache, Policy::default()))
                .transpose()?,
            alert_logger: config
                .alert_logger
                .as_ref()
                .map(AlertLogger::new)
                .transpose()?,
            sight: Sight::default(),
            summary: Rendered::default(),
        })
    }

    /// The state of everything now.
    pub async fn board(&self) -> Board {
        Board::new(self.look().await, &self.catalog.listing())
    }
}
