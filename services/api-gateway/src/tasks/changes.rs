//! Publishes changes while anyone follows them.

use std::sync::Arc;
use std::time::Duration;

use service_kit::Shutdown;
use service_kit::event_log::Event;
use tokio::time::{Instant, sleep};

use crate::Gateway;
use crate::live::changes::Changes;
use crate::sources::alert_logger::Query;

/// From one poll to the next. With the time that a poll takes, a change is published within a second of its agent counting it.
const PERIOD: Duration = Duration::from_millis(800);

/// The period is at least ten times as long as the slowest agent took: an exposition of 10,000 targets takes a while to write
/// and to read.
const PERIODS_A_SNAPSHOT: u32 = 10;

/// But no longer than this, however far away an agent is.
const LONGEST_PERIOD: Duration = Duration::from_secs(4);

/// The incidents in which changes are looked for: alert-logger's longest page, the newest ones.
const INCIDENTS: usize = 1000;

/// Publishes changes until shutdown, and then ends all streams. No source is polled while nobody follows the changes.
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
        let (poll, incidents) = tokio::join!(gateway.sources.poll_anew(), incidents);
        let period = poll.observation.slowest() * PERIODS_A_SNAPSHOT;
        let period = period.clamp(PERIOD, LONGEST_PERIOD);
        let events = changes.update(gateway.board_of(poll), incidents);
        let events = events.iter().map(|event| Event::new(event.name(), event));
        match events.collect::<Result<Vec<_>, _>>() {
            Ok(events) => gateway.events.publish(&events),
            Err(error) => tracing::error!(%error, "changes cannot be written as JSON"),
        }
        sleep(period.saturating_sub(started.elapsed())).await;
    }
}
