//! Publishes changes while the event stream has subscribers.

use std::sync::Arc;
use std::time::Duration;

use service_kit::Shutdown;
use service_kit::event_log::Event;
use tokio::time::{Instant, sleep};

use crate::Gateway;
use crate::live::changes::Changes;
use crate::live::incidents::{Group, walk};

/// The shortest period between polls. Together with the duration of a poll, a change is published within a second after
/// the agent counts it.
const PERIOD: Duration = Duration::from_millis(800);

/// The period is at least this many times the duration of the slowest fetch, because writing and parsing the metrics of
/// 10,000 targets, or thousands of alerts, is expensive.
const FETCH_FACTOR: u32 = 10;

/// The longest period between polls, even with a slow agent.
const LONGEST_PERIOD: Duration = Duration::from_secs(4);

/// Publishes changes until shutdown, and then ends all streams. Polls no source while there are no subscribers.
pub async fn publish(gateway: Arc<Gateway>, mut shutdown: Shutdown) {
    tokio::select! {
        () = shutdown.requested() => {}
        () = poll(&gateway) => {}
    }
    gateway.events.close();
}

async fn poll(gateway: &Gateway) {
    let mut changes = Changes::default();
    loop {
        gateway.events.subscribed().await;
        let started = Instant::now();
        let incidents = async {
            let alert_logger = gateway.sources.alert_logger.as_ref()?;
            let walk = walk(alert_logger, None, has_all_firing).await.ok()?;
            Some((walk.groups, started.elapsed()))
        };
        let (poll, incidents) = tokio::join!(gateway.sources.poll_uncached(), incidents);
        let (groups, walked) = incidents.unzip();
        let slowest = poll
            .observation
            .slowest_fetch()
            .max(walked.unwrap_or_default());
        let period = (slowest * FETCH_FACTOR).clamp(PERIOD, LONGEST_PERIOD);
        let events = changes.update(gateway.board_of(poll), groups);
        let events = events.iter().map(|event| Event::new(event.name(), event));
        match events.collect::<Result<Vec<_>, _>>() {
            Ok(events) => gateway.events.publish(&events),
            Err(error) => tracing::error!(%error, "changes cannot be serialized as JSON"),
        }
        sleep(period.saturating_sub(started.elapsed())).await;
    }
}

/// Returns whether no older incident has an alert that fires: the others do not change any more.
fn has_all_firing(_: &[Group], older: &[Group]) -> bool {
    !older.iter().any(Group::is_firing)
}
