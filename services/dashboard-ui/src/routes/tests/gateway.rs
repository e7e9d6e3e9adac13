//! A fake api-gateway.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{AppendHeaders, IntoResponse, Response};
use axum::routing::get;
use futures::stream;
use gateway_api::events::StreamEvent;
use gateway_api::incidents::{IncidentStatus, Incidents};
use gateway_api::status::Status;
use serde::Serialize;
use service_kit::event_log::LAST_EVENT_ID;
use tokio::net::TcpListener;
use tokio::sync::broadcast;

use crate::gateway::fixture;

/// A server with the gateway's endpoints. It records the requests that it receives.
pub(super) struct FakeGateway {
    pub url: String,
    shared: Arc<Shared>,
    server: tokio::task::JoinHandle<()>,
}

struct Shared {
    status: Mutex<Status>,
    /// Status code and body of the endpoints that do not respond as usual.
    responses: Mutex<HashMap<String, (u16, String)>>,
    delays: Mutex<HashMap<String, Duration>>,
    /// Endpoint and query of each request.
    requests: Mutex<Vec<(String, String)>>,
    /// The `Last-Event-ID` of each request for the stream.
    last_event_ids: Mutex<Vec<Option<String>>>,
    /// Frames of the stream; an empty one closes it.
    stream: broadcast::Sender<String>,
    last_event_id: Mutex<Option<String>>,
}

impl FakeGateway {
    pub(super) async fn new(status: Status) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let shared = Arc::new(Shared {
            status: Mutex::new(status),
            responses: Mutex::default(),
            delays: Mutex::default(),
            requests: Mutex::default(),
            last_event_ids: Mutex::default(),
            stream: broadcast::channel(64).0,
            last_event_id: Mutex::default(),
        });
        let router = Router::new()
            .route("/api/v1/events", get(events))
            .route("/api/v1/targets/{name}", get(detail))
            .route("/api/v1/{endpoint}", get(respond))
            .with_state(shared.clone());
        let server = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self {
            url,
            shared,
            server,
        }
    }

    /// Serves a status from now on.
    pub(super) fn set_status(&self, status: Status) {
        *self.shared.status.lock().unwrap() = status;
        self.shared.responses.lock().unwrap().remove("status");
    }

    /// Replaces the response of an endpoint.
    pub(super) fn respond(&self, endpoint: &str, code: u16, body: impl Serialize) {
        let body = serde_json::to_string(&body).unwrap();
        let mut responses = self.shared.responses.lock().unwrap();
        responses.insert(endpoint.to_owned(), (code, body));
    }

    pub(super) fn delay(&self, endpoint: &str, delay: Duration) {
        let mut delays = self.shared.delays.lock().unwrap();
        delays.insert(endpoint.to_owned(), delay);
    }

    /// Returns the queries of all requests for an endpoint.
    pub(super) fn queries(&self, endpoint: &str) -> Vec<String> {
        let requests = self.shared.requests.lock().unwrap();
        let requests = requests.iter().filter(|(it, _)| it == endpoint);
        requests.map(|(_, query)| query.clone()).collect()
    }

    pub(super) fn request_count(&self, endpoint: &str) -> usize {
        self.queries(endpoint).len()
    }

    /// Sends an event to all subscribers.
    pub(super) fn send(&self, id: &str, event: &StreamEvent) {
        let (name, data) = (event.name(), serde_json::to_string(event).unwrap());
        let frame = format!("id: {id}\nevent: {name}\ndata: {data}\n\n");
        *self.shared.last_event_id.lock().unwrap() = Some(id.to_owned());
        self.shared.stream.send(frame).unwrap();
    }

    /// Closes all streams.
    pub(super) fn close_streams(&self) {
        let _ = self.shared.stream.send(String::new());
    }

    /// Returns the `Last-Event-ID` of each request for the stream.
    pub(super) fn last_event_ids(&self) -> Vec<Option<String>> {
        self.shared.last_event_ids.lock().unwrap().clone()
    }

    pub(super) fn has_subscriber(&self) -> bool {
        self.shared.stream.receiver_count() > 0
    }
}

impl Drop for FakeGateway {
    fn drop(&mut self) {
        self.server.abort();
    }
}

fn json(body: &impl Serialize) -> Response {
    serde_json::to_string(body).unwrap().into_response()
}

async fn respond(
    State(shared): State<Arc<Shared>>,
    Path(endpoint): Path<String>,
    RawQuery(query): RawQuery,
) -> Response {
    let query = query.unwrap_or_default();
    shared
        .requests
        .lock()
        .unwrap()
        .push((endpoint.clone(), query.clone()));
    let delay = shared.delays.lock().unwrap().get(&endpoint).copied();
    if let Some(delay) = delay {
        tokio::time::sleep(delay).await;
    }
    if let Some((code, body)) = shared.responses.lock().unwrap().get(&endpoint).cloned() {
        return (StatusCode::from_u16(code).unwrap(), body).into_response();
    }
    let status = shared.status.lock().unwrap().clone();
    let names: Vec<&str> = status.targets.iter().map(|it| &*it.target).collect();
    match endpoint.as_str() {
        "status" => {
            let last = shared.last_event_id.lock().unwrap().clone();
            let head = last.map(|id| AppendHeaders([(LAST_EVENT_ID, id)]));
            (head, json(&status)).into_response()
        }
        "history" => json(&fixture::history(&names)),
        "latency" => json(&fixture::latency(&names)),
        "slo" => json(&fixture::slo(&names)),
        "alerts" => json(&fixture::alerts(Vec::new())),
        "incidents" if query.contains("before") => json(&Incidents {
            incidents: Vec::new(),
            next: None,
            durable: true,
        }),
        "incidents" => json(&Incidents {
            incidents: vec![fixture::incident("i-1", "demo", IncidentStatus::Resolved)],
            next: Some("cursor 1".to_owned()),
            durable: true,
        }),
        "maintenance" => json(&fixture::maintenance("demo")),
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn detail(State(shared): State<Arc<Shared>>, Path(name): Path<String>) -> Response {
    let status = shared.status.lock().unwrap().clone();
    match status.targets.iter().find(|it| *it.target == *name) {
        Some(target) => json(&fixture::detail(target)),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn events(State(shared): State<Arc<Shared>>, headers: HeaderMap) -> Response {
    let last = headers
        .get(LAST_EVENT_ID)
        .map(|it| it.to_str().unwrap().to_owned());
    shared.last_event_ids.lock().unwrap().push(last);
    if let Some((code, _)) = shared.responses.lock().unwrap().get("events") {
        return StatusCode::from_u16(*code).unwrap().into_response();
    }
    let receiver = shared.stream.subscribe();
    let frames = stream::unfold(receiver, |mut receiver| async move {
        let frame = receiver.recv().await.ok().filter(|it| !it.is_empty())?;
        Some((Ok::<_, Infallible>(frame), receiver))
    });
    (
        [(header::CONTENT_TYPE, "text/event-stream")],
        Body::from_stream(frames),
    )
        .into_response()
}
