//! `GET /alertmanager`: Alertmanager's alerts and silences as a page, for builds of Alertmanager without a web interface.

use std::fmt::{self, Display, Formatter};
use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use reqwest::Client;
use serde::Deserialize;
use service_kit::response::at_most;
use service_kit::{ClientError, Problem, http_client, page};
use url::Url;

use super::AppState;
use crate::alert::Labels;
use crate::reconcile::sources::{ALERTS, SourceError, TIMEOUT, endpoint, get};

/// Maximum number of rows in a table.
const ROWS: usize = 500;

/// Maximum number of silences that are read, expired ones included.
const SILENCES: usize = 50_000;

/// Maximum number of matchers of a silence.
const MATCHERS: usize = 100;

/// A client of Alertmanager, for the page.
#[derive(Debug)]
pub struct Alertmanager {
    client: Client,
    url: Url,
}

/// The alerts and silences at the time of a request.
#[derive(Debug)]
struct Snapshot {
    alerts: Table<HeldAlert>,
    /// Without expired ones.
    silences: Table<Silence>,
}

/// The rows of a table, and the number of rows without the limit.
#[derive(Debug)]
struct Table<T> {
    rows: Vec<T>,
    total: usize,
}

impl<T> Table<T> {
    fn new(mut rows: Vec<T>) -> Self {
        let total = rows.len();
        rows.truncate(ROWS);
        Self { rows, total }
    }
}

/// An alert in Alertmanager.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct HeldAlert {
    labels: Labels,
    #[serde(default)]
    annotations: Labels,
    starts_at: Timestamp,
    status: Status,
}

#[derive(Debug, Deserialize)]
struct Status {
    state: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Silence {
    #[serde(deserialize_with = "at_most::list::<_, _, MATCHERS>")]
    matchers: Vec<Matcher>,
    starts_at: Timestamp,
    ends_at: Timestamp,
    created_by: String,
    comment: String,
    status: Status,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Matcher {
    name: String,
    value: String,
    is_regex: bool,
    /// Missing in versions before 0.22, which have no negative matchers.
    #[serde(default = "yes")]
    is_equal: bool,
}

const fn yes() -> bool {
    true
}

#[derive(Debug, Deserialize)]
struct AlertList(#[serde(deserialize_with = "at_most::list::<_, _, ALERTS>")] Vec<HeldAlert>);

#[derive(Debug, Deserialize)]
struct SilenceList(#[serde(deserialize_with = "at_most::list::<_, _, SILENCES>")] Vec<Silence>);

#[derive(Template)]
#[template(path = "alertmanager.html")]
struct Content {
    /// The address of Alertmanager, without a password.
    address: String,
    api: String,
    without_ui: bool,
    state: Result<Snapshot, SourceError>,
}

impl Alertmanager {
    /// Creates a client for `ALERTMANAGER_URL`, which may have a path prefix.
    ///
    /// # Errors
    /// The HTTP client can't be built.
    pub fn new(url: &Url) -> Result<Self, ClientError> {
        Ok(Self {
            client: http_client([url], TIMEOUT)?,
            url: url.clone(),
        })
    }

    async fn snapshot(&self) -> Result<Snapshot, SourceError> {
        let (alerts, silences) = (
            endpoint(&self.url, "api/v2/alerts"),
            endpoint(&self.url, "api/v2/silences"),
        );
        let (alerts, silences) =
            tokio::join!(get(&self.client, &alerts), get(&self.client, &silences));
        let (AlertList(alerts), SilenceList(mut silences)) = (alerts?, silences?);
        silences.retain(|silence| silence.status.state != "expired");
        Ok(Snapshot {
            alerts: Table::new(alerts),
            silences: Table::new(silences),
        })
    }

    /// Returns whether this build has no web interface. Debian's is built without it, and answers 404 at `/`.
    async fn is_without_ui(&self) -> bool {
        let response = self.client.get(endpoint(&self.url, "")).send().await;
        response.is_ok_and(|response| response.status() == StatusCode::NOT_FOUND)
    }

    /// Returns the address for readers, without user name and password.
    fn address(&self) -> Url {
        let mut url = self.url.clone();
        // Both fail only for URLs without a host.
        let _ = url.set_username("");
        let _ = url.set_password(None);
        url
    }
}

/// Returns the page: 502 if Alertmanager is unavailable.
pub(super) async fn show(State(state): State<AppState>) -> Result<Response, Problem> {
    let alertmanager: Arc<Alertmanager> = state.alertmanager.ok_or_else(|| {
        Problem::new(
            StatusCode::NOT_IMPLEMENTED,
            "no Alertmanager is configured; set ALERTMANAGER_URL and PROMETHEUS_URL",
        )
    })?;
    let (snapshot, without_ui) =
        tokio::join!(alertmanager.snapshot(), alertmanager.is_without_ui());
    let address = alertmanager.address();
    let status = match &snapshot {
        Ok(_) => StatusCode::OK,
        Err(_) => StatusCode::BAD_GATEWAY,
    };
    let content = Content {
        api: endpoint(&address, "api/v2").to_string(),
        address: address.to_string(),
        without_ui,
        state: snapshot,
    };
    let body = content
        .render()
        .map_err(|error| Problem::new(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()))?;
    Ok((status, page("Alertmanager", &body)).into_response())
}

impl HeldAlert {
    fn label(&self, name: &str) -> &str {
        self.labels.get(name).map_or("", String::as_str)
    }

    fn annotation(&self, name: &str) -> &str {
        self.annotations.get(name).map_or("", String::as_str)
    }

    fn since(&self) -> String {
        time(self.starts_at)
    }
}

impl Silence {
    fn from(&self) -> String {
        time(self.starts_at)
    }

    fn until(&self) -> String {
        time(self.ends_at)
    }
}

impl Display for Matcher {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let operator = match (self.is_equal, self.is_regex) {
            (true, false) => "=",
            (true, true) => "=~",
            (false, false) => "!=",
            (false, true) => "!~",
        };
        write!(f, "{}{operator}{:?}", self.name, self.value)
    }
}

/// Returns a time without the fraction of a second.
fn time(at: Timestamp) -> String {
    at.strftime("%F %T").to_string()
}
