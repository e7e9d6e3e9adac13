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

#[cfg(test)]
mod tests {
    use gateway_api::incidents::{IncidentState, Incidents};
    use gateway_api::status::State;
    use tokio::sync::mpsc::{self, Receiver};
    use wiremock::matchers::{header, path, query_param};
    use wiremock::{Mock, MockServer, ResponseTemplate};

    use super::*;
    use crate::http::gateway::fixture::{incident, status, target};

    async fn gateway() -> MockServer {
        let server = MockServer::start().await;
        let status = status(vec![target("demo", State::Up)]);
        let status = ResponseTemplate::new(200)
            .insert_header("last-event-id", "7-1")
            .set_body_json(status);
        let down = serde_json::to_string(&target("demo", State::Down)).unwrap();
        let events = format!("retry: 1000\n\nid: 7-2\nevent: target\ndata: {down}\n\n");
        let events = ResponseTemplate::new(200).set_body_raw(events, "text/event-stream");
        let page = |open| Incidents {
            incidents: open,
            next: None,
            durable: true,
        };
        let ongoing = page(vec![incident("demo", IncidentState::Ongoing)]);
        for (state, page) in [("ongoing", ongoing), ("recovered", page(vec![]))] {
            Mock::given(path("/api/v1/incidents"))
                .and(query_param("state", state))
                .respond_with(ResponseTemplate::new(200).set_body_json(page))
                .mount(&server)
                .await;
        }
        for (mock, response) in [
            (Mock::given(path("/api/v1/status")), status),
            (
                Mock::given(path("/api/v1/events")).and(header("last-event-id", "7-1")),
                events,
            ),
        ] {
            mock.respond_with(response).mount(&server).await;
        }
        server
    }

    async fn next(updates: &mut Receiver<Update>) -> Update {
        let limit = Duration::from_secs(30);
        let update = tokio::time::timeout(limit, updates.recv()).await;
        update.unwrap().unwrap()
    }

    #[tokio::test]
    async fn events_continue_from_the_status_and_a_failure_is_reported() {
        let server = gateway().await;
        let (sender, mut updates) = mpsc::channel(16);
        tokio::spawn(follow(Gateway::new(&server.uri()).unwrap(), sender));
        let first = next(&mut updates).await;
        assert!(matches!(first, Update::Status(_)), "{first:?}");
        let (mut is_down, mut open) = (false, None);
        for _ in 0..2 {
            match next(&mut updates).await {
                Update::Event(StreamEvent::Target(target)) => is_down = target.state == State::Down,
                Update::Incidents(incidents) => open = incidents,
                other => panic!("{other:?}"),
            }
        }
        assert!(is_down);
        assert_eq!(open.unwrap().len(), 1);

        server.reset().await;
        let reason = loop {
            if let Update::Failed(reason) = next(&mut updates).await {
                break reason;
            }
        };
        assert!(reason.starts_with("api-gateway answers"), "{reason}");
    }
}
