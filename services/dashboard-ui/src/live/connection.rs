//! The connection to api-gateway: a status, then the events of the stream that continues from it.
//!
//! - A status is fetched on connect, when the stream asks for it (`reset`), when it names a target whose place in the list
//!   is unknown, and after [`STATUS_FOR`], because no event carries the order of the targets. All of these are one step:
//!   connect again. What changes meanwhile is in the status or comes after it, since the stream continues from its id.
//! - While the gateway has no stream, or one without any event, the status is polled.
//! - Figures that no event carries (availability, latency, error budgets, incidents) are no part of the status that pages
//!   show. [`super::dashboard`] fetches them when a page needs them and they are older than its `_FRESH_FOR`.

use std::collections::HashSet;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use gateway_api::events::StreamEvent;
use gateway_api::status::Status;
use tokio::sync::mpsc::Sender;
use tokio::sync::mpsc::error::SendError;
use tokio::time::{Instant, sleep, timeout_at};

use crate::gateway::{Gateway, GatewayError};

/// How long a status is used before it is fetched again.
const STATUS_FOR: Duration = Duration::from_secs(60);

/// The pause before a stream that ended is replaced.
const RECONNECT_AFTER: Duration = Duration::from_millis(500);

/// The pause after a failed request. It is short because the gateway may be starting.
const RETRY_AFTER: Duration = Duration::from_millis(300);

/// The pause between two statuses while there is no stream.
const POLL_EVERY: Duration = Duration::from_secs(2);

/// How long a gateway is polled before its stream is tried again.
const POLL_FOR: Duration = Duration::from_secs(10);

/// A message of the connection.
#[derive(Debug)]
pub(super) enum Update {
    /// The state of all targets. It replaces everything before it.
    Status(Box<Status>),
    /// A change since then.
    Event(StreamEvent),
    /// The gateway does not answer.
    Failed(GatewayError),
}

type Closed = SendError<Update>;

/// Keeps the connection, and sends updates until nobody receives them.
pub(super) async fn run(gateway: Gateway, updates: Sender<Update>) -> Result<Infallible, Closed> {
    let mut poll_until = Instant::now();
    loop {
        let fetched = match gateway.status().await {
            Ok(fetched) => fetched,
            Err(error) => {
                updates.send(Update::Failed(error)).await?;
                sleep(RETRY_AFTER).await;
                continue;
            }
        };
        let targets = fetched.status.targets.iter();
        let targets = targets.map(|it| Arc::clone(&it.target)).collect();
        let last = fetched.last_event_id;
        updates
            .send(Update::Status(Box::new(fetched.status)))
            .await?;
        if Instant::now() < poll_until {
            sleep(POLL_EVERY).await;
        } else if receive(&gateway, last.as_deref(), targets, &updates).await? {
            sleep(RECONNECT_AFTER).await;
        } else {
            poll_until = Instant::now() + POLL_FOR;
            sleep(POLL_EVERY).await;
        }
    }
}

/// Sends the events of a stream until a new status is due. Returns whether there was any event.
async fn receive(
    gateway: &Gateway,
    last: Option<&str>,
    mut targets: HashSet<Arc<str>>,
    updates: &Sender<Update>,
) -> Result<bool, Closed> {
    let until = Instant::now() + STATUS_FOR;
    let mut received = false;
    let stopped = |error: GatewayError| tracing::debug!("the stream: api-gateway {error}");
    let mut stream = match gateway.stream(last).await {
        Ok(stream) => stream,
        Err(error) => {
            stopped(error);
            return Ok(received);
        }
    };
    while let Ok(next) = timeout_at(until, stream.next()).await {
        let event = match next {
            Ok(event) => event,
            Err(error) => {
                stopped(error);
                break;
            }
        };
        received = true;
        let is_over = match &event {
            StreamEvent::Target(target) => !targets.contains(&target.target),
            StreamEvent::Removed(removed) => {
                targets.remove(&removed.target);
                false
            }
            StreamEvent::Reset {} => true,
            StreamEvent::Summary(_) | StreamEvent::Incident(_) => false,
        };
        updates.send(Update::Event(event)).await?;
        if is_over {
            break;
        }
    }
    Ok(received)
}
