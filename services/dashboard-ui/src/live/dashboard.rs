//! The state that all pages share: the lab's state, caches of other responses, and the events of open pages.

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

/// How long a page waits for additional figures, so that its first byte is sent within 100 ms.
const FIGURES_TIMEOUT: Duration = Duration::from_millis(50);

/// How long a page waits for its main content.
const SUBJECT_TIMEOUT: Duration = Duration::from_secs(1);

/// How long charts are fresh. The gateway's own figures are up to 15 s old.
const CHARTS_FRESH_FOR: Duration = Duration::from_secs(15);

/// How long announcements are fresh. An event about an incident invalidates them earlier.
const ANNOUNCEMENTS_FRESH_FOR: Duration = Duration::from_secs(15);

/// How long the main content of a page is fresh.
const SUBJECT_FRESH_FOR: Duration = Duration::from_secs(2);

/// How long an error is cached.
const ERROR_FRESH_FOR: Duration = Duration::from_secs(1);

/// How long a stale response is served while a new one is fetched.
const STALE_FOR: Duration = Duration::from_secs(30);

/// The capacity of a cache whose keys anyone can choose.
const CAPACITY: usize = 64;

/// The number of incidents on a page and in the feed.
pub(crate) const INCIDENTS: &str = "50";

/// A shared response of the gateway.
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
    /// Whether a page was rendered without charts and has to be refreshed when they are available.
    charts_missing: AtomicBool,
    targets: SingleFlight<(String, Range), Arc<TargetAnswer>, GatewayError>,
    incidents: SingleFlight<Parameters, Arc<Incidents>, GatewayError>,
    maintenance: SingleFlight<(), Arc<Maintenance>, GatewayError>,
}

impl Dashboard {
    pub(crate) fn new(gateway: Gateway, open_pages: &Limit) -> Self {
        let charts = SingleFlight::new(CHARTS_FRESH_FOR, Range::ALL.len());
        let announcements = SingleFlight::new(ANNOUNCEMENTS_FRESH_FOR, 1);
        let targets = SingleFlight::new(SUBJECT_FRESH_FOR, CAPACITY);
        let incidents = SingleFlight::new(SUBJECT_FRESH_FOR, CAPACITY);
        let maintenance = SingleFlight::new(SUBJECT_FRESH_FOR, 1);
        Self {
            gateway,
            started: Timestamp::now(),
            view: watch::Sender::default(),
            page_events: PageEvents::new(open_pages),
            announcements: announcements.serve_stale_for(STALE_FOR),
            charts: charts.serve_stale_for(STALE_FOR),
            charts_missing: AtomicBool::new(false),
            // Never served stale, because pages show its figures as current.
            targets: targets.cache_errors_for(ERROR_FRESH_FOR),
            incidents: incidents
                .serve_stale_for(STALE_FOR)
                .cache_errors_for(ERROR_FRESH_FOR),
            maintenance: maintenance
                .serve_stale_for(STALE_FOR)
                .cache_errors_for(ERROR_FRESH_FOR),
        }
    }

    /// Returns the lab's state. Waits for it only after a start.
    pub(crate) async fn view(&self) -> View {
        let mut views = self.view.subscribe();
        let has_content = |view: &View| view.snapshot.is_some() || view.outage.is_some();
        let _ = timeout(SUBJECT_TIMEOUT, views.wait_for(has_content)).await;
        let mut view = views.borrow().clone();
        if !has_content(&view) {
            view.fail(GatewayError::Timeout, Timestamp::now());
        }
        view
    }

    /// Returns the range if the gateway offers it, otherwise the default.
    pub(crate) fn offered(&self, range: Range) -> Range {
        let view = self.view.borrow();
        if view.snapshot.is_none() || view.ranges().contains(&range) {
            range
        } else {
            Range::default()
        }
    }

    /// Returns the charts for a page. If they are late, returns empty ones; the page is refreshed later.
    pub(crate) async fn charts(&self, range: Range) -> Arc<Charts> {
        let charts = self.charts_within(range, FIGURES_TIMEOUT).await;
        charts.unwrap_or_else(|| {
            self.charts_missing.store(true, Ordering::Relaxed);
            Arc::new(Charts::pending(range))
        })
    }

    /// Returns the charts for a badge, which is not refreshed and so waits longer.
    pub(crate) async fn charts_for_figure(&self, range: Range) -> Arc<Charts> {
        let charts = self.charts_within(range, SUBJECT_TIMEOUT).await;
        charts.unwrap_or_else(|| Arc::new(Charts::pending(range)))
    }

    /// Returns the charts if they are cached, and otherwise starts to fetch them.
    pub(crate) async fn cached_charts(&self, range: Range) -> Option<Arc<Charts>> {
        self.charts_within(range, Duration::ZERO).await
    }

    /// Returns whether a page was rendered without charts since the last call, and resets that.
    pub(crate) fn reset_charts_missing(&self) -> bool {
        self.charts_missing.swap(false, Ordering::Relaxed)
    }

    async fn charts_within(&self, range: Range, limit: Duration) -> Option<Arc<Charts>> {
        let gateway = self.gateway.clone();
        let fetch = || async move { Ok(Arc::new(Charts::fetch(gateway, range).await)) };
        let charts = timeout(limit, self.charts.get(range, fetch)).await;
        charts.ok()?.ok()
    }

    pub(crate) async fn announcements(&self) -> Arc<Announcements> {
        let gateway = self.gateway.clone();
        let fetch = || async move { Ok(Arc::new(Announcements::fetch(gateway).await)) };
        let fetched = timeout(FIGURES_TIMEOUT, self.announcements.get((), fetch)).await;
        let fetched = fetched.unwrap_or(Err(Cancelled));
        fetched.unwrap_or_else(|_| Arc::new(Announcements::pending()))
    }

    /// Drops the cached announcements after a change of an incident.
    pub(crate) fn invalidate_announcements(&self) {
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

    /// Returns the gateway's status as bytes.
    pub(crate) async fn status(&self, parameters: Parameters) -> Result<Vec<u8>, GatewayError> {
        self.gateway.body(&["status"], &pairs(&parameters)).await
    }
}

fn pairs(parameters: &Parameters) -> Vec<(&str, &str)> {
    let pairs = parameters.iter();
    pairs.map(|(name, value)| (*name, value.as_str())).collect()
}

async fn in_time<T>(answer: impl Future<Output = Answer<T>>) -> Answer<T> {
    let answer = timeout(SUBJECT_TIMEOUT, answer).await;
    answer.unwrap_or(Err(GatewayError::Timeout))
}
