//! The connection to api-gateway: fetches a status, then receives the events of the stream that continues from it.
//!
//! - A status is fetched on connect, on the event `reset`, on an event about a target that the list lacks, and
//!   after [`STATUS_MAX_AGE`], because no event carries the order of the targets. Each of these reconnects. No change gets
//!   lost meanwhile, because the stream continues from the status's event id.
//! - While the gateway has no stream, or its stream sends no event, the status is polled.
//! - Figures that no event carries (availability, latency, error budgets, incidents) are not part of that status.
//!   [`super::dashboard`] fetches them when a page needs them and they are older than its `_FRESH_FOR`.

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

/// The age after which the status is fetched again.
const STATUS_MAX_AGE: Duration = Duration::from_secs(60);

/// The pause before reconnecting after a stream ended.
const RECONNECT_AFTER: Duration = Duration::from_millis(500);

/// The pause after a failed request. It is short because the gateway may be starting.
const RETRY_AFTER: Duration = Duration::from_millis(300);

/// The interval of polls while there is no stream.
const POLL_EVERY: Duration = Duration::from_secs(2);

/// How long the gateway is polled before the stream is tried again.
const POLL_FOR: Duration = Duration::from_secs(10);

/// A message of the connection.
#[derive(Debug)]
pub(super) enum Update {
    /// The state of all targets. It replaces all earlier state.
    Status(Box<Status>),
    /// A change since the last status.
    Event(StreamEvent),
    /// The gateway does not answer.
    Failed(GatewayError),
}

type Closed = SendError<Update>;

/// Keeps the connection open, and sends updates until the receiver is dropped.
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

/// Forwards the events of a stream until a new status is due. Returns whether it received any event.
async fn receive(
    gateway: &Gateway,
    last: Option<&str>,
    mut targets: HashSet<Arc<str>>,
    updates: &Sender<Update>,
) -> Result<bool, Closed> {
    let until = Instant::now() + STATUS_MAX_AGE;
    let mut received = false;
    let log_end = |error: GatewayError| tracing::debug!("the stream: api-gateway {error}");
    let mut stream = match gateway.stream(last).await {
        Ok(stream) => stream,
        Err(error) => {
            log_end(error);
            return Ok(received);
        }
    };
    while let Ok(next) = timeout_at(until, stream.next()).await {
        let event = match next {
            Ok(event) => event,
            Err(error) => {
                log_end(error);
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
