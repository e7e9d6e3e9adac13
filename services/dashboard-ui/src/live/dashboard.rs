//! The state that all pages share: the lab's state, caches of further answers, and the events of open pages.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use gateway_api::history::Range;
use gateway_api::incidents::Incidents;
use gateway_api::maintenance::Maintenance;
use gateway_api::target::TargetAnswer;
use jiff::Timestamp;
use service_kit::Limit;
use service_kit::cache::{Cancelled, SingleFlight};
use tokio::sync::watch;
use tokio::time::timeout;

use super::page_events::PageEvents;
use crate::draw::charts::Charts;
use crate::gateway::view::View;
use crate::gateway::{Gateway, GatewayError};
use crate::page::announcements::Announcements;

/// How long a page waits for additional figures: its first byte is sent within 100 ms.
const PATIENCE: Duration = Duration::from_millis(50);

/// How long a page waits for its subject.
const LONG_PATIENCE: Duration = Duration::from_secs(1);

/// How long charts are used before they are fetched again. The gateway's own figures are up to 15 s old.
const CHARTS_FRESH_FOR: Duration = Duration::from_secs(15);

/// The same for announcements, unless an event says sooner that incidents have changed.
const ANNOUNCEMENTS_FRESH_FOR: Duration = Duration::from_secs(15);

/// The same for the subject of a page.
const SUBJECT_FRESH_FOR: Duration = Duration::from_secs(2);

/// How long an error is kept in place of an answer.
const ERROR_FRESH_FOR: Duration = Duration::from_secs(1);

/// How long an answer is still served while a newer one is fetched.
const STALE_FOR: Duration = Duration::from_secs(30);

/// How many answers of a kind are kept. Anyone can ask for any target.
const CAPACITY: usize = 64;

/// How many incidents a page, or the feed, has.
pub(crate) const INCIDENTS: &str = "50";

/// An answer of the gateway, shared.
pub(crate) type Answer<T> = Result<Arc<T>, GatewayError>;

/// Parameters of a request, by name.
pub(crate) type Parameters = BTreeMap<&'static str, String>;

/// The state that all pages share.
#[derive(Debug)]
pub(crate) struct Dashboard {
    pub gateway: Gateway,
    pub started: Timestamp,
    pub view: watch::Sender<View>,
    pub page_events: PageEvents,
    announcements: SingleFlight<(), Arc<Announcements>>,
    charts: SingleFlight<Range, Arc<Charts>>,
    /// Whether a page was made without charts and has to be refreshed when they are there.
    charts_owed: AtomicBool,
    targets: SingleFlight<(String, Range), Arc<TargetAnswer>, GatewayError>,
    incidents: SingleFlight<Parameters, Arc<Incidents>, GatewayError>,
    maintenance: SingleFlight<(), Arc<Maintenance>, GatewayError>,
}

impl Dashboard {
    pub(crate) fn new(gateway: Gateway, seats: &Limit) -> Self {
        let charts = SingleFlight::new(CHARTS_FRESH_FOR, Range::ALL.len());
        let announcements = SingleFlight::new(ANNOUNCEMENTS_FRESH_FOR, 1);
        let targets = SingleFlight::new(SUBJECT_FRESH_FOR, CAPACITY);
        let incidents = SingleFlight::new(SUBJECT_FRESH_FOR, CAPACITY);
        let maintenance = SingleFlight::new(SUBJECT_FRESH_FOR, 1);
        Self {
            gateway,
            started: Timestamp::now(),
            view: watch::Sender::default(),
            page_events: PageEvents::new(seats),
            announcements: announcements.serve_stale_for(STALE_FOR),
            charts: charts.serve_stale_for(STALE_FOR),
            charts_owed: AtomicBool::new(false),
            // Never stale: its figures are shown as the newest ones.
            targets: targets.cache_errors_for(ERROR_FRESH_FOR),
            incidents: incidents
                .serve_stale_for(STALE_FOR)
                .cache_errors_for(ERROR_FRESH_FOR),
            maintenance: maintenance
                .serve_stale_for(STALE_FOR)
                .cache_errors_for(ERROR_FRESH_FOR),
        }
    }

    /// Returns the lab's state. Only the first readers after a start wait for it.
    pub(crate) async fn view(&self) -> View {
        let mut views = self.view.subscribe();
        let has_content = |view: &View| view.snapshot.is_some() || view.outage.is_some();
        let _ = timeout(LONG_PATIENCE, views.wait_for(has_content)).await;
        let mut view = views.borrow().clone();
        if !has_content(&view) {
            view.fail(GatewayError::Timeout, Timestamp::now());
        }
        view
    }

    /// Returns the range, or the default where the gateway does not offer it.
    pub(crate) fn offered(&self, range: Range) -> Range {
        let view = self.view.borrow();
        if view.snapshot.is_none() || view.ranges().contains(&range) {
            range
        } else {
            Range::default()
        }
    }

    /// Returns the charts for a page. If they are late, the page is refreshed later.
    pub(crate) async fn charts(&self, range: Range) -> Arc<Charts> {
        let charts = self.charts_within(range, PATIENCE).await;
        charts.unwrap_or_else(|| {
            self.charts_owed.store(true, Ordering::Relaxed);
            Arc::new(Charts::pending(range))
        })
    }

    /// Returns the charts for a reader that shows a single figure and is not refreshed.
    pub(crate) async fn charts_for_figure(&self, range: Range) -> Arc<Charts> {
        let charts = self.charts_within(range, LONG_PATIENCE).await;
        charts.unwrap_or_else(|| Arc::new(Charts::pending(range)))
    }

    /// Returns the charts if they are there, and otherwise starts to fetch them.
    pub(crate) async fn cached_charts(&self, range: Range) -> Option<Arc<Charts>> {
        self.charts_within(range, Duration::ZERO).await
    }

    /// Returns whether a page has been made without charts since the last call.
    pub(crate) fn take_charts_owed(&self) -> bool {
        self.charts_owed.swap(false, Ordering::Relaxed)
    }

    async fn charts_within(&self, range: Range, patience: Duration) -> Option<Arc<Charts>> {
        let gateway = self.gateway.clone();
        let fetch = || async move { Ok(Arc::new(Charts::fetch(gateway, range).await)) };
        let charts = timeout(patience, self.charts.get(range, fetch)).await;
        charts.ok()?.ok()
    }

    pub(crate) async fn announcements(&self) -> Arc<Announcements> {
        let gateway = self.gateway.clone();
        let fetch = || async move { Ok(Arc::new(Announcements::fetch(gateway).await)) };
        let fetched = timeout(PATIENCE, self.announcements.get((), fetch)).await;
        let fetched = fetched.unwrap_or(Err(Cancelled));
        fetched.unwrap_or_else(|_| Arc::new(Announcements::pending()))
    }

    /// Drops the announcements, because incidents have changed.
    pub(crate) fn forget_announcements(&self) {
        self.announcements.invalidate(&());
    }

    /// Returns everything about one target.
    pub(crate) async fn target(&self, target: &str, range: Range) -> Answer<TargetAnswer> {
        let (gateway, name) = (self.gateway.clone(), target.to_owned());
        let fetch = || async move {
            let query = [("range", range.as_str())];
            gateway.get(&["targets", &name], &query).await.map(Arc::new)
        };
        let key = (target.to_owned(), range);
        in_time(self.targets.get(key, fetch)).await
    }

    /// Returns a page of incidents.
    pub(crate) async fn incidents(&self, parameters: Parameters) -> Answer<Incidents> {
        let (gateway, key) = (self.gateway.clone(), parameters.clone());
        let fetch = || async move {
            let mut query = pairs(&parameters);
            query.push(("limit", INCIDENTS));
            gateway.get(&["incidents"], &query).await.map(Arc::new)
        };
        in_time(self.incidents.get(key, fetch)).await
    }

    pub(crate) async fn maintenance(&self) -> Answer<Maintenance> {
        let gateway = self.gateway.clone();
        let fetch = || async move { gateway.get(&["maintenance"], &[]).await.map(Arc::new) };
        in_time(self.maintenance.get((), fetch)).await
    }

    /// Returns the gateway's status as it is.
    pub(crate) async fn status(&self, parameters: Parameters) -> Result<Vec<u8>, GatewayError> {
        self.gateway.body(&["status"], &pairs(&parameters)).await
    }
}

fn pairs(parameters: &Parameters) -> Vec<(&str, &str)> {
    let pairs = parameters.iter();
    pairs.map(|(name, value)| (*name, value.as_str())).collect()
}

async fn in_time<T>(answer: impl Future<Output = Answer<T>>) -> Answer<T> {
    let answer = timeout(LONG_PATIENCE, answer).await;
    answer.unwrap_or(Err(GatewayError::Timeout))
}
