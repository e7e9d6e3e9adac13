//! What all pages share: what is known now, what is known of the past, and who is told of changes.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use service_kit::Limit;
use tokio::sync::watch;

use crate::board::View;
use crate::cache::{Cache, Fetched};
use crate::charts::Charts;
use crate::gateway::detail::Detail;
use crate::gateway::incident::{Incidents, Maintenance};
use crate::gateway::{Gateway, GatewayError};
use crate::hub::Hub;
use crate::news::News;
use crate::range::Range;

/// How long a page waits for what only adds to it: its first byte is out within 100 ms.
const PATIENCE: Duration = Duration::from_millis(50);

/// How long a page waits for what it is about.
const LONG_PATIENCE: Duration = Duration::from_secs(1);

/// How long an answer about one thing is good for.
const FRESH_FOR: Duration = Duration::from_secs(2);

/// How long it is taken that there is no answer.
const FAILED_FOR: Duration = Duration::from_secs(1);

/// How many answers of a kind are kept. Anyone can ask for any target.
const KEPT: usize = 64;

/// How many incidents are on a page of them, and in the feed.
pub(crate) const INCIDENTS: &str = "50";

/// An answer of the gateway, shared.
pub(crate) type Answer<T> = Result<Arc<T>, GatewayError>;

/// Parameters of a question, by name.
pub(crate) type Parameters = BTreeMap<&'static str, String>;

/// What is known, and how it is asked for.
#[derive(Debug)]
pub(crate) struct Dashboard {
    pub gateway: Gateway,
    pub started: Timestamp,
    pub board: watch::Sender<View>,
    pub hub: Arc<Hub>,
    pub news: Cache<(), Arc<News>>,
    charts: Cache<Range, Arc<Charts>>,
    /// Whether a page was made without them, which has to be told when they are there.
    pub charts_owed: AtomicBool,
    details: Cache<(String, Range), Answer<Detail>>,
    incidents: Cache<Parameters, Answer<Incidents>>,
    maintenance: Cache<(), Answer<Maintenance>>,
}

impl Dashboard {
    pub(crate) fn new(gateway: Gateway, seats: Limit) -> Self {
        Self {
            gateway,
            started: Timestamp::now(),
            board: watch::Sender::default(),
            hub: Arc::new(Hub::new(seats)),
            news: Cache::new(1),
            charts: Cache::new(Range::ALL.len()),
            charts_owed: AtomicBool::new(false),
            details: Cache::new(KEPT),
            incidents: Cache::new(KEPT),
            maintenance: Cache::new(1),
        }
    }

    /// What is known now. Nobody waits for it but at the very start.
    pub(crate) async fn view(&self) -> View {
        let mut board = self.board.subscribe();
        let something = |view: &View| view.known.is_some() || view.away.is_some();
        let _ = tokio::time::timeout(LONG_PATIENCE, board.wait_for(something)).await;
        let mut view = board.borrow().clone();
        if !something(&view) {
            view.lose(GatewayError::Timeout, Timestamp::now());
        }
        view
    }

    /// Returns the range, or a day where the gateway does not offer it.
    pub(crate) fn offered(&self, range: Range) -> Range {
        let view = self.board.borrow();
        if view.known.is_none() || view.ranges().contains(&range) {
            range
        } else {
            Range::default()
        }
    }

    pub(crate) async fn charts(&self, range: Range) -> Arc<Charts> {
        let charts = self.charts_within(range, PATIENCE).await;
        charts.unwrap_or_else(|| {
            self.charts_owed.store(true, Ordering::Relaxed);
            Arc::new(Charts::pending(range))
        })
    }

    /// The same for somebody who asks for a figure only, and not soon again.
    pub(crate) async fn charts_for_certain(&self, range: Range) -> Arc<Charts> {
        let charts = self.charts_within(range, LONG_PATIENCE).await;
        charts.unwrap_or_else(|| Arc::new(Charts::pending(range)))
    }

    /// What is at hand of the past; what is not is on its way afterwards.
    pub(crate) async fn charts_at_hand(&self, range: Range) -> Option<Arc<Charts>> {
        self.charts_within(range, Duration::ZERO).await
    }

    async fn charts_within(&self, range: Range, patience: Duration) -> Option<Arc<Charts>> {
        let fetch = || Charts::fetch(self.gateway.clone(), range);
        self.charts.get(range, patience, fetch).await
    }

    pub(crate) async fn news(&self) -> Arc<News> {
        let fetch = || News::fetch(self.gateway.clone());
        let news = self.news.get((), PATIENCE, fetch).await;
        news.unwrap_or_else(|| Arc::new(News::pending()))
    }

    /// Everything about one target.
    pub(crate) async fn detail(&self, target: &str, range: Range) -> Answer<Detail> {
        let (gateway, name) = (self.gateway.clone(), target.to_owned());
        let fetch = || async move {
            let query = [("range", range.query())];
            answer(gateway.get(&["targets", &name], &query).await)
        };
        let key = (target.to_owned(), range);
        patient(self.details.get(key, LONG_PATIENCE, fetch).await)
    }

    /// A page of incidents.
    pub(crate) async fn incidents(&self, parameters: Parameters) -> Answer<Incidents> {
        let (gateway, asked) = (self.gateway.clone(), parameters.clone());
        let fetch = || async move {
            let mut query = pairs(&asked);
            query.push(("limit", INCIDENTS));
            answer(gateway.get(&["incidents"], &query).await)
        };
        patient(self.incidents.get(parameters, LONG_PATIENCE, fetch).await)
    }

    pub(crate) async fn maintenance(&self) -> Answer<Maintenance> {
        let gateway = self.gateway.clone();
        let fetch = || async move { answer(gateway.get(&["maintenance"], &[]).await) };
        patient(self.maintenance.get((), LONG_PATIENCE, fetch).await)
    }

    /// The gateway's status in its own words.
    pub(crate) async fn status(&self, parameters: Parameters) -> Result<Vec<u8>, GatewayError> {
        self.gateway.body(&["status"], &pairs(&parameters)).await
    }
}

fn pairs(parameters: &Parameters) -> Vec<(&str, &str)> {
    let pairs = parameters.iter();
    pairs.map(|(name, value)| (*name, value.as_str())).collect()
}

fn answer<T>(answer: Result<T, GatewayError>) -> Fetched<Answer<T>> {
    let fresh_for = if answer.is_ok() {
        FRESH_FOR
    } else {
        FAILED_FOR
    };
    (answer.map(Arc::new), fresh_for)
}

fn patient<T>(answer: Option<Result<T, GatewayError>>) -> Result<T, GatewayError> {
    answer.unwrap_or(Err(GatewayError::Timeout))
}
