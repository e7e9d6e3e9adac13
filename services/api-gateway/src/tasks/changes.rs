//! Publishes changes while the event stream has subscribers.

use std::sync::Arc;
use std::time::Duration;

use service_kit::Shutdown;
use service_kit::event_log::Event;
use tokio::time::{Instant, sleep};

use crate::Gateway;
use crate::live::changes::Changes;
use crate::sources::alert_logger::Query;

/// The shortest period between polls. Together with the duration of a poll, a change is published within a second after
/// the agent counts it.
const PERIOD: Duration = Duration::from_millis(800);

/// The period is at least this many times the duration of the slowest fetch, because writing and parsing the metrics of
/// 10,000 targets is expensive.
const SNAPSHOT_FACTOR: u32 = 10;

/// The longest period between polls, even with a slow agent.
const LONGEST_PERIOD: Duration = Duration::from_secs(4);

/// The number of newest incidents that are compared: alert-logger's longest page.
const INCIDENTS: usize = 1000;

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
        let newest = Query {
            limit: INCIDENTS,
            ..Query::default()
        };
        let incidents = async {
            let page = gateway.sources.alert_logger.as_ref()?.page(newest).await;
            page.ok()
        };
        let (poll, incidents) = tokio::join!(gateway.sources.poll_uncached(), incidents);
        let period = poll.observation.slowest_fetch() * SNAPSHOT_FACTOR;
        let period = period.clamp(PERIOD, LONGEST_PERIOD);
        let events = changes.update(gateway.board_of(poll), incidents);
        let events = events.iter().map(|event| Event::new(event.name(), event));
        match events.collect::<Result<Vec<_>, _>>() {
            Ok(events) => gateway.events.publish(&events),
            Err(error) => tracing::error!(%error, "changes cannot be serialized as JSON"),
        }
        sleep(period.saturating_sub(started.elapsed())).await;
    }
}
