//! A stand-in for api-gateway.

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
use serde_json::{Value, json};
use service_kit::event_log::LAST_EVENT_ID;
use tokio::net::TcpListener;
use tokio::sync::broadcast;

use crate::gateway::fixture;

/// Its answers, and the requests that it got.
pub(super) struct Stand {
    pub url: String,
    shared: Arc<Shared>,
    server: tokio::task::JoinHandle<()>,
}

struct Shared {
    status: Mutex<Value>,
    answers: Mutex<HashMap<String, (u16, Value)>>,
    delays: Mutex<HashMap<String, Duration>>,
    asked: Mutex<Vec<(String, String)>>,
    /// The ids from which its stream was asked for.
    resumed: Mutex<Vec<Option<String>>>,
    stream: broadcast::Sender<String>,
    last_event_id: Mutex<Option<String>>,
}

impl Stand {
    pub(super) async fn new(status: Value) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let shared = Arc::new(Shared {
            status: Mutex::new(status),
            answers: Mutex::default(),
            delays: Mutex::default(),
            asked: Mutex::default(),
            resumed: Mutex::default(),
            stream: broadcast::channel(64).0,
            last_event_id: Mutex::default(),
        });
        let router = Router::new()
            .route("/api/v1/events", get(events))
            .route("/api/v1/targets/{name}", get(detail))
            .route("/api/v1/{what}", get(answer))
            .with_state(shared.clone());
        let server = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self {
            url,
            shared,
            server,
        }
    }

    /// Answers with a status from now on.
    pub(super) fn set(&self, status: Value) {
        *self.shared.status.lock().unwrap() = status;
        self.shared.answers.lock().unwrap().remove("status");
    }

    /// Answers a question with something of its own.
    pub(super) fn answer(&self, what: &str, status: u16, body: Value) {
        let mut answers = self.shared.answers.lock().unwrap();
        answers.insert(what.to_owned(), (status, body));
    }

    pub(super) fn delay(&self, what: &str, delay: Duration) {
        let mut delays = self.shared.delays.lock().unwrap();
        delays.insert(what.to_owned(), delay);
    }

    pub(super) fn queries(&self, what: &str) -> Vec<String> {
        let asked = self.shared.asked.lock().unwrap();
        let of = asked.iter().filter(|(it, _)| it == what);
        of.map(|(_, query)| query.clone()).collect()
    }

    pub(super) fn asked(&self, what: &str) -> usize {
        self.queries(what).len()
    }

    /// Says something on its stream.
    pub(super) fn say(&self, id: &str, event: &str, data: &Value) {
        let frame = format!("id: {id}\nevent: {event}\ndata: {data}\n\n");
        *self.shared.last_event_id.lock().unwrap() = Some(id.to_owned());
        self.shared.stream.send(frame).unwrap();
    }

    /// Ends all streams.
    pub(super) fn hang_up(&self) {
        let _ = self.shared.stream.send(String::new());
    }

    pub(super) fn resumed(&self) -> Vec<Option<String>> {
        self.shared.resumed.lock().unwrap().clone()
    }

    /// Whether somebody listens to its stream.
    pub(super) fn is_heard(&self) -> bool {
        self.shared.stream.receiver_count() > 0
    }
}

impl Drop for Stand {
    fn drop(&mut self) {
        self.server.abort();
    }
}

fn names(status: &Value) -> Vec<String> {
    let targets = status["targets"].as_array().into_iter().flatten();
    targets
        .map(|it| it["target"].as_str().unwrap().to_owned())
        .collect()
}

async fn answer(
    State(shared): State<Arc<Shared>>,
    Path(what): Path<String>,
    RawQuery(query): RawQuery,
) -> Response {
    let query = query.unwrap_or_default();
    shared
        .asked
        .lock()
        .unwrap()
        .push((what.clone(), query.clone()));
    let delay = shared.delays.lock().unwrap().get(&what).copied();
    if let Some(delay) = delay {
        tokio::time::sleep(delay).await;
    }
    if let Some((status, body)) = shared.answers.lock().unwrap().get(&what).cloned() {
        return (StatusCode::from_u16(status).unwrap(), body.to_string()).into_response();
    }
    let status = shared.status.lock().unwrap().clone();
    let names = names(&status);
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let body = match what.as_str() {
        "status" => {
            let last = shared.last_event_id.lock().unwrap().clone();
            let head = last.map(|id| AppendHeaders([(LAST_EVENT_ID, id)]));
            return (head, status.to_string()).into_response();
        }
        "history" => fixture::history(&names),
        "latency" => fixture::latency(&names),
        "slo" => fixture::slo(&names),
        "alerts" => fixture::alerts(&[]),
        "incidents" if query.contains("before") => {
            json!({"incidents": [], "next": null, "durable": true})
        }
        "incidents" => {
            json!({"incidents": [fixture::incident("i-1", "demo", "resolved")], "next": "cursor 1", "durable": true})
        }
        "maintenance" => fixture::maintenance("demo"),
        _ => return StatusCode::NOT_FOUND.into_response(),
    };
    body.to_string().into_response()
}

async fn detail(State(shared): State<Arc<Shared>>, Path(name): Path<String>) -> Response {
    let status = shared.status.lock().unwrap().clone();
    let targets = status["targets"].as_array().unwrap();
    match targets.iter().find(|it| it["target"] == json!(name)) {
        Some(target) => fixture::detail(target).to_string().into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn events(State(shared): State<Arc<Shared>>, headers: HeaderMap) -> Response {
    let last = headers
        .get(LAST_EVENT_ID)
        .map(|it| it.to_str().unwrap().to_owned());
    shared.resumed.lock().unwrap().push(last);
    if let Some((status, _)) = shared.answers.lock().unwrap().get("events") {
        return StatusCode::from_u16(*status).unwrap().into_response();
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
