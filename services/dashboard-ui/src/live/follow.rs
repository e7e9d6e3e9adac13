//! The task that applies api-gateway's updates to the state. It is the only one, so any number of readers costs the
//! gateway one connection.

use std::sync::Arc;
use std::time::Duration;

use gateway_api::events::StreamEvent;
use gateway_api::status::Status;
use jiff::Timestamp;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;

use super::connection::{self, Update};
use super::dashboard::Dashboard;
use super::publish::Publisher;
use crate::gateway::GatewayError;
use crate::gateway::view::{View, is_same_row};

/// The interval at which changes are published. Batches limit the cost of a thousand changes a second.
const TICK: Duration = Duration::from_millis(100);

/// State older than this, in seconds, is shown as unknown, even if the connection is open. It is the sum of the
/// stream's timeout (9 s) and a request's (3 s).
const STALE_AFTER: i64 = 12;

/// Applies the gateway's updates until the future is dropped.
pub(crate) async fn follow(dashboard: Arc<Dashboard>) {
    let (sender, mut updates) = mpsc::channel(256);
    // Dropping the set ends its tasks.
    let mut tasks = JoinSet::new();
    tasks.spawn(connection::run(dashboard.gateway.clone(), sender));
    let mut follower = Follower {
        view: View::default(),
        publisher: Publisher::new(dashboard.clone()),
        dashboard,
    };
    let mut tick = tokio::time::interval(TICK);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            Some(update) = updates.recv() => follower.apply(update),
            _ = tick.tick() => follower.tick().await,
        }
    }
}

struct Follower {
    dashboard: Arc<Dashboard>,
    view: View,
    publisher: Publisher,
}

impl Follower {
    fn apply(&mut self, update: Update) {
        let now = Timestamp::now();
        match update {
            Update::Status(status) => {
                self.record_differences(&status);
                self.view.replace(*status, now);
            }
            Update::Failed(error) => self.view.fail(error, now),
            Update::Event(event) => self.apply_event(event, now),
        }
        self.publisher.view_changed();
    }

    fn apply_event(&mut self, event: StreamEvent, now: Timestamp) {
        match event {
            StreamEvent::Target(target) => {
                let name = Arc::clone(&target.target);
                if self.view.update(target, now) {
                    self.publisher.row_changed(name);
                }
            }
            StreamEvent::Removed(removed) => {
                self.view.remove(&removed.target, now);
                self.publisher.list_changed();
            }
            StreamEvent::Summary(summary) => self.view.summarize(*summary, now),
            StreamEvent::Incident(_) | StreamEvent::Reset {} => {
                self.dashboard.invalidate_announcements();
                self.publisher.announcements_changed();
            }
        }
    }

    /// Records the rows that look different in a new status.
    fn record_differences(&mut self, status: &Status) {
        let before = self.view.snapshot.as_ref().map(|it| &it.status.targets);
        let is_same_list = before.is_some_and(|before| {
            let names = before.iter().map(|it| &it.target);
            names.eq(status.targets.iter().map(|it| &it.target))
        });
        if !is_same_list {
            return self.publisher.list_changed();
        }
        for (before, after) in before.into_iter().flatten().zip(&status.targets) {
            if !is_same_row(before, after) {
                self.publisher.row_changed(Arc::clone(&after.target));
            }
        }
    }

    async fn tick(&mut self) {
        let received_at = self.view.snapshot.as_ref().map(|it| it.received_at);
        if let Some(at) = received_at.filter(|_| self.view.outage.is_none())
            && Timestamp::now().as_second() - at.as_second() > STALE_AFTER
        {
            self.view.fail(GatewayError::Timeout, at);
            self.publisher.view_changed();
        }
        self.publisher.tick(&self.view).await;
    }
}
