//! A client of api-gateway: the status, the open incidents, and the stream of their changes.

use std::collections::VecDeque;
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use gateway_api::events::{EventReader, SILENCE_MAX, StreamEvent};
use gateway_api::incidents::{Incident, IncidentState, Incidents};
use gateway_api::status::Status;
use serde::de::DeserializeOwned;
use tokio::time::timeout;
use url::Url;

use crate::http;
use crate::part::Part;

const TIMEOUT: Duration = Duration::from_secs(3);

/// The header with the id of the last event that a status includes, and after which a stream continues.
const LAST_EVENT_ID: &str = "last-event-id";

/// The largest number of pages of a status. Each has up to 1,000 targets.
const PAGES_MAX: usize = 50;

/// The largest number of open incidents that are fetched in each state.
const INCIDENTS_MAX: &str = "100";

/// The name of the gateway in messages.
const NAME: &str = Part::ApiGateway.name();

/// A client of one gateway on this machine.
#[derive(Debug, Clone)]
pub struct Gateway {
    client: reqwest::Client,
    base: Url,
}

/// The state of all targets, and the id of the last event that it includes.
#[derive(Debug)]
pub struct FetchedStatus {
    /// The state.
    pub status: Status,
    /// The id; `None` if the gateway sends none.
    pub last_event_id: Option<String>,
}

/// An open stream of events.
#[derive(Debug)]
pub struct Events {
    response: reqwest::Response,
    reader: EventReader,
    ready: VecDeque<StreamEvent>,
}

impl Gateway {
    /// Returns a client of the gateway at `url`.
    ///
    /// # Errors
    /// `url` is not a URL, or the client can't be built.
    pub fn new(url: &str) -> anyhow::Result<Self> {
        Ok(Self {
            client: http::local_client(TIMEOUT)?,
            base: Url::parse(url).with_context(|| format!("not a URL: {url}"))?,
        })
    }

    /// Fetches the state of all targets, page by page.
    ///
    /// # Errors
    /// The gateway does not answer, or not with a status.
    pub async fn status(&self) -> anyhow::Result<FetchedStatus> {
        let url = self.url("status", &[]);
        let response = self.client.get(url.clone()).send().await;
        let response = response.map_err(|error| http::no_answer(NAME, &url, &error))?;
        let id = response.headers().get(LAST_EVENT_ID);
        let last_event_id = id.and_then(|id| id.to_str().ok()).map(str::to_owned);
        let mut status: Status = http::parse(NAME, response).await?;
        for _ in 1..PAGES_MAX {
            let Some(after) = status.next.take() else {
                break;
            };
            let page: Status = self.get("status", &[("after", &after)]).await?;
            status.targets.extend(page.targets);
            status.next = page.next;
        }
        Ok(FetchedStatus {
            status,
            last_event_id,
        })
    }

    /// Fetches the incidents that are not over, newest first in each state.
    ///
    /// # Errors
    /// The gateway does not answer, or has no incidents because alert-logger does not answer.
    pub async fn open_incidents(&self) -> anyhow::Result<Vec<Incident>> {
        let mut open = Vec::new();
        for state in [IncidentState::Ongoing, IncidentState::Recovered] {
            let query = [("state", state.as_str()), ("limit", INCIDENTS_MAX)];
            let page: Incidents = self.get("incidents", &query).await?;
            open.extend(page.incidents);
        }
        Ok(open)
    }

    /// Opens the stream of events after the one with the id `last`.
    ///
    /// # Errors
    /// The gateway does not answer, or has no room for another subscriber.
    pub async fn events(&self, last: Option<&str>) -> anyhow::Result<Events> {
        let url = self.url("events", &[]);
        let mut request = self
            .client
            .get(url.clone())
            .header("accept", "text/event-stream")
            // The stream has no end. `next` notices when it is silent.
            .timeout(Duration::from_secs(365 * 86_400));
        if let Some(id) = last {
            request = request.header(LAST_EVENT_ID, id);
        }
        let response = timeout(TIMEOUT, request.send()).await;
        let response = response
            .map_err(|_| anyhow!("{NAME} does not answer at {}: timed out", self.base))?
            .map_err(|error| http::no_answer(NAME, &url, &error))?;
        let status = response.status();
        anyhow::ensure!(status.is_success(), "{NAME} answers {url} with {status}");
        Ok(Events {
            response,
            reader: EventReader::default(),
            ready: VecDeque::new(),
        })
    }

    async fn get<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &[(&str, &str)],
    ) -> anyhow::Result<T> {
        http::json(&self.client, NAME, self.url(path, query)).await
    }

    /// Returns the URL of a path below `/api/v1`.
    fn url(&self, path: &str, query: &[(&str, &str)]) -> Url {
        let mut url = self.base.clone();
        url.set_path(&format!("/api/v1/{path}"));
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        url
    }
}

impl Events {
    /// Returns the next event.
    ///
    /// # Errors
    /// The stream ends, is silent for too long, or can't be read.
    pub async fn next(&mut self) -> anyhow::Result<StreamEvent> {
        let next = timeout(SILENCE_MAX, self.receive()).await;
        next.map_err(|_| anyhow!("the stream of {NAME} is silent"))?
    }

    async fn receive(&mut self) -> anyhow::Result<StreamEvent> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Ok(event);
            }
            let bytes = self.response.chunk().await?;
            let bytes = bytes.with_context(|| format!("the stream of {NAME} has ended"))?;
            self.ready.extend(self.reader.push(&bytes)?);
        }
    }
}

#[cfg(test)]
pub mod fixture;
