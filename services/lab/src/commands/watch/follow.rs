//! The connection to api-gateway: the status and the open incidents, then the events of the stream that continues from the
//! status.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use gateway_api::events::StreamEvent;
use gateway_api::incidents::Incident;
use gateway_api::status::Status;
use tokio::sync::mpsc::Sender;
use tokio::time::{Instant, sleep, timeout_at};

use crate::http::gateway::Gateway;

/// How long a status is used before it is fetched again, because no event carries availability, latency and the order of the
/// targets.
const STATUS_FOR: Duration = Duration::from_secs(15);

/// The pause before the next status after a stream that ended or could not be opened.
const RECONNECT_AFTER: Duration = Duration::from_secs(1);

/// A message of the connection.
#[derive(Debug)]
pub enum Update {
    /// The state of all targets. It replaces everything before it.
    Status(Box<Status>),
    /// The open incidents; `None` if the gateway can't read them.
    Incidents(Option<Vec<Incident>>),
    /// A change since then.
    Event(StreamEvent),
    /// The gateway does not answer, with the reason.
    Failed(String),
}

/// Keeps the connection, and sends updates until nobody receives them.
pub async fn follow(gateway: Gateway, updates: Sender<Update>) {
    loop {
        let is_due = match gateway.status().await {
            Ok(fetched) => {
                let names = fetched.status.targets.iter();
                let names = names.map(|it| Arc::clone(&it.target)).collect();
                let status = Update::Status(Box::new(fetched.status));
                if updates.send(status).await.is_err() {
                    return;
                }
                let last = fetched.last_event_id.as_deref();
                let stream = receive(&gateway, last, names, &updates);
                tokio::join!(stream, send_incidents(&gateway, &updates)).0
            }
            Err(error) => {
                if updates
                    .send(Update::Failed(format!("{error:#}")))
                    .await
                    .is_err()
                {
                    return;
                }
                false
            }
        };
        if updates.is_closed() {
            return;
        }
        if !is_due {
            sleep(RECONNECT_AFTER).await;
        }
    }
}

/// Sends the open incidents. They may take longer than the first events of the stream.
async fn send_incidents(gateway: &Gateway, updates: &Sender<Update>) {
    let incidents = gateway.open_incidents().await.ok();
    // The stream notices when nobody receives the updates.
    let _ = updates.send(Update::Incidents(incidents)).await;
}

/// Sends the events of a stream until a new status is due. Returns `false` if the stream could not be read until then; the
/// next status shows whether the gateway answers at all.
async fn receive(
    gateway: &Gateway,
    last: Option<&str>,
    names: HashSet<Arc<str>>,
    updates: &Sender<Update>,
) -> bool {
    let until = Instant::now() + STATUS_FOR;
    let Ok(mut stream) = gateway.events(last).await else {
        return false;
    };
    while let Ok(next) = timeout_at(until, stream.next()).await {
        let Ok(event) = next else {
            return false;
        };
        let is_over = match &event {
            StreamEvent::Target(target) => !names.contains(&target.target),
            StreamEvent::Reset {} => true,
            _ => false,
        };
        if updates.send(Update::Event(event)).await.is_err() {
            return false;
        }
        if is_over {
            return true;
        }
    }
    true
}
