//! Looking for changes while anyone listens.

use std::sync::Arc;
use std::time::Duration;

use service_kit::Shutdown;
use tokio::time::{Instant, sleep};

use super::changes::Changes;
use crate::Gateway;
use crate::alert_logger::Query;

/// From one look to the next. With what a look takes, a change is seen within a second of its agent counting it.
const PERIOD: Duration = Duration::from_millis(800);

/// The period is at least ten times as long as the slowest agent took: what they say of 10,000 targets takes a while to
/// write and to read.
const PERIODS_A_SNAPSHOT: u32 = 10;

/// But no longer than this, however far away an agent is.
const LONGEST_PERIOD: Duration = Duration::from_secs(4);

/// The incidents in which changes are looked for: alert-logger's longest page, the newest ones.
const INCIDENTS: usize = 1000;

/// Publishes changes until shutdown, and ends all subscriptions then. Nobody is asked anything while nobody listens.
pub async fn poll(gateway: Arc<Gateway>, mut shutdown: Shutdown) {
    tokio::select! {
        () = shutdown.requested() => {}
        () = publish_changes(&gateway) => {}
    }
    gateway.events.close();
}

async fn publish_changes(gateway: &Gateway) {
    let mut changes = Changes::default();
    loop {
        gateway.events.listened_to().await;
        let started = Instant::now();
        let newest = Query {
            limit: INCIDENTS,
            ..Query::default()
        };
        let incidents = async {
            let page = gateway.alert_logger.as_ref()?.page(newest).await;
            page.ok()
        };
        let (look, incidents) = tokio::join!(gateway.look_anew(), incidents);
        let period = look.observation.slowest() * PERIODS_A_SNAPSHOT;
        let period = period.clamp(PERIOD, LONGEST_PERIOD);
        match changes.take(gateway.board_of(look), incidents) {
            Ok(events) => gateway.events.publish(&events),
            Err(error) => tracing::error!(%error, "changes cannot be written as JSON"),
        }
        sleep(period.saturating_sub(started.elapsed())).await;
    }
}
