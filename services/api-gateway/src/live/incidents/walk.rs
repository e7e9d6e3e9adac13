//! Walking back through alert-logger's history until enough incidents are complete.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::group::{GAP, Group, group};
use crate::sources::alert_logger::{
    ALERTS_MAX, AlertLogger, AlertLoggerError, LoggedAlert, Page, Query,
};

/// The newest incidents, as groups of alerts.
#[derive(Debug)]
pub struct Walk {
    /// The groups, newest first. All of them are complete.
    pub groups: Vec<Group>,
    /// Whether alert-logger's history survives a restart.
    pub durable: bool,
}

/// Reads the history of a target, or of all, page by page, until `enough` accepts the result or the history ends. `enough`
/// gets the complete groups, newest first, and older ones of which some alerts may not have been read.
///
/// A group is complete if no alert that was not read can belong to it: if it began at or after the oldest alert of the
/// pages. So after the pages, the older alerts that still fire, or ended shortly before that time, are read too: the
/// groups that they belong to began earlier.
///
/// # Errors
/// alert-logger is unavailable or fails.
pub async fn walk(
    alert_logger: &AlertLogger,
    target: Option<&str>,
    enough: impl Fn(&[Group], &[Group]) -> bool,
) -> Result<Walk, AlertLoggerError> {
    let mut alerts = Alerts::default();
    let mut query = Query {
        target: target.map(ToOwned::to_owned),
        limit: ALERTS_MAX,
        ..Query::default()
    };
    loop {
        let page = alert_logger.page(query.clone()).await?;
        alerts.add(&page);
        let durable = page.durable;
        let (Some(next), Some(oldest)) = (&page.next, page.alerts.last()) else {
            let groups = alerts.groups();
            return Ok(Walk { groups, durable });
        };
        query.before = Some(next.clone());
        // Older alerts can only make fewer groups complete, so they are not read before there are enough.
        if !enough(&alerts.groups(), &[]) {
            continue;
        }
        let oldest = oldest.started_at;
        let mut all = alerts.clone();
        all.add_straddling(alert_logger, &query, oldest).await?;
        let mut groups = all.groups();
        let is_complete = |it: &Group| it.started_at.as_millisecond() >= oldest.as_millisecond();
        let older = groups.split_off(groups.partition_point(is_complete));
        if enough(&groups, &older) {
            return Ok(Walk { groups, durable });
        }
    }
}

/// Alerts without duplicates, by their identity.
#[derive(Debug, Clone, Default)]
struct Alerts(BTreeMap<(Timestamp, String), Arc<LoggedAlert>>);

impl Alerts {
    fn add(&mut self, page: &Page) {
        for alert in &page.alerts {
            let key = (alert.started_at, alert.fingerprint.clone());
            self.0.insert(key, Arc::clone(alert));
        }
    }

    /// Reads the alerts after the cursor of `query` that may belong to the same group as one that began at `oldest` or
    /// later.
    async fn add_straddling(
        &mut self,
        alert_logger: &AlertLogger,
        query: &Query,
        oldest: Timestamp,
    ) -> Result<(), AlertLoggerError> {
        let mut query = Query {
            // A millisecond more, so that an alert that ended exactly then is read.
            ended_after: oldest
                .checked_sub(GAP + SignedDuration::from_millis(1))
                .ok(),
            ..query.clone()
        };
        loop {
            let page = alert_logger.page(query.clone()).await?;
            self.add(&page);
            if page.next.is_none() {
                return Ok(());
            }
            query.before.clone_from(&page.next);
        }
    }

    fn groups(&self) -> Vec<Group> {
        group(self.0.values().map(Arc::clone))
    }
}
