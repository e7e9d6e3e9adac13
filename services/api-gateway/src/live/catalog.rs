//! The targets that answers list, in their order.

use std::collections::HashSet;
use std::sync::Arc;

use targets::{Target, TargetSet};
use tokio::sync::watch::Receiver;

use crate::sources::agents::{Observation, Snapshot};

/// The targets of answers: those of the configuration, in its order. Without configured targets, the gateway lists the
/// targets that the agents export, in their order.
#[derive(Debug)]
pub struct Catalog {
    configured: Option<Receiver<Arc<TargetSet>>>,
}

/// The catalog at one moment. Listings are equal if they share the same version of the configuration.
#[derive(Debug, Clone)]
pub struct Listing(Option<Arc<TargetSet>>);

/// One target of an answer.
#[derive(Debug, Clone, PartialEq)]
pub struct ListedTarget {
    /// The `target` label.
    pub name: Arc<str>,
    /// The URL without a password.
    pub url: String,
    /// The kind of probe: `http`, `https`.
    pub kind: String,
    /// The target of the gateway's configuration, if it has one.
    pub configured: Option<Arc<Target>>,
}

impl Catalog {
    /// Creates a catalog. `configured` holds the current targets; without it, the agents' targets are listed.
    #[must_use]
    pub fn new(configured: Option<Receiver<Arc<TargetSet>>>) -> Self {
        Self { configured }
    }

    /// Returns the current listing.
    #[must_use]
    pub fn listing(&self) -> Listing {
        Listing(self.configured())
    }

    /// Returns the current targets of the configuration, if it has any.
    #[must_use]
    pub fn configured(&self) -> Option<Arc<TargetSet>> {
        let targets = self.configured.as_ref()?;
        Some(Arc::clone(&targets.borrow()))
    }
}

impl Listing {
    /// Returns the targets of the configuration, if it has any.
    #[must_use]
    pub fn configured(&self) -> Option<Vec<ListedTarget>> {
        let targets = self.0.as_ref()?.iter().map(|target| ListedTarget {
            name: Arc::clone(&target.name),
            url: target.redacted_url().to_owned(),
            kind: target.kind.as_str().to_owned(),
            configured: Some(Arc::clone(target)),
        });
        Some(targets.collect())
    }

    /// Returns the targets of the configuration, else those of the agents whose counts are included.
    #[must_use]
    pub fn targets(&self, observation: &Observation) -> Vec<ListedTarget> {
        self.configured()
            .unwrap_or_else(|| exported(observation.counted_snapshots()))
    }

    /// Returns the targets of the configuration, else those in the last snapshot of each agent, even an unavailable one.
    #[must_use]
    pub fn last_targets(&self, observation: &Observation) -> Vec<ListedTarget> {
        self.configured()
            .unwrap_or_else(|| exported(observation.last_snapshots()))
    }
}

impl PartialEq for Listing {
    fn eq(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Some(one), Some(other)) => Arc::ptr_eq(one, other),
            (None, None) => true,
            _ => false,
        }
    }
}

impl ListedTarget {
    /// Creates a target from its name alone. The name of a target that has none configured is its URL.
    #[must_use]
    pub fn by_name(name: Arc<str>) -> Self {
        let (kind, url) = match name.split_once("://") {
            Some((scheme, _)) => (scheme.to_ascii_lowercase(), name.to_string()),
            None => ("unknown".to_owned(), String::new()),
        };
        Self {
            name,
            url,
            kind,
            configured: None,
        }
    }
}

/// Returns the distinct targets of all agents: the first agent's targets, then the others'.
fn exported<'a>(snapshots: impl Iterator<Item = &'a Arc<Snapshot>>) -> Vec<ListedTarget> {
    let mut seen = HashSet::new();
    let mut listed = Vec::new();
    for (name, series) in snapshots.flat_map(|snapshot| snapshot.iter()) {
        if !seen.insert(name) {
            continue;
        }
        listed.push(match &series.info {
            Some(info) => ListedTarget {
                name: Arc::clone(name),
                url: info.url.clone(),
                kind: info.kind.clone(),
                configured: None,
            },
            None => ListedTarget::by_name(Arc::clone(name)),
        });
    }
    listed
}
