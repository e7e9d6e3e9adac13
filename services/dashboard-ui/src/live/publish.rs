//! Publishes changes to open pages. Each change is rendered once for all pages, and only if it is visible.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use askama::Template;
use gateway_api::history::Range;
use jiff::Timestamp;
use serde::Serialize;
use service_kit::event_log::Event;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::dashboard::Dashboard;
use crate::assets;
use crate::draw::charts::Charts;
use crate::gateway::view::View;
use crate::page::announcements::Announcements;
use crate::page::row::Row;
use crate::page::summary::Summary;
use crate::page::verdict::{Verdict, Visibility, judge};
use crate::text;

/// The maximum number of rows that are sent at once. After more changes, pages are told to reload.
const ROWS_MAX: usize = 100;

/// The interval at which a summary is sent without a change, so that a page detects a lost connection.
const HEARTBEAT: Duration = Duration::from_secs(5);

/// The interval at which charts and announcements are compared with the published ones.
const COMPARE_EVERY: Duration = Duration::from_secs(1);

/// The changes that were not published yet.
pub(super) struct Publisher {
    dashboard: Arc<Dashboard>,
    rows: HashSet<Arc<str>>,
    list_changed: bool,
    view_changed: bool,
    announcements_due: bool,
    published: Published,
    heartbeat_at: Instant,
    compare_at: Instant,
    announcements: JoinSet<Arc<Announcements>>,
}

/// The content that open pages show.
#[derive(Default)]
struct Published {
    visibility: Option<Visibility>,
    headline: String,
    notices: usize,
    announcements: Option<Arc<Announcements>>,
    charts: Vec<(Range, Arc<Charts>)>,
}

/// A row that looks different.
#[derive(Serialize)]
struct RowChanged {
    id: String,
    name: String,
    state: &'static str,
    html: String,
}

/// The top of the page.
#[derive(Serialize)]
struct SummaryChanged<'a> {
    overall: &'static str,
    blind: bool,
    title: String,
    headline: &'a str,
    icon: &'a str,
    html: &'a str,
}

#[derive(Serialize)]
struct AnnouncementsChanged<'a> {
    html: &'a str,
}

/// The data of an event that has none.
#[derive(Serialize)]
struct Empty {}

impl Publisher {
    pub(super) fn new(dashboard: Arc<Dashboard>) -> Self {
        Self {
            dashboard,
            rows: HashSet::new(),
            list_changed: false,
            view_changed: true,
            announcements_due: true,
            published: Published::default(),
            heartbeat_at: Instant::now(),
            compare_at: Instant::now(),
            announcements: JoinSet::new(),
        }
    }

    /// Records that a row may look different.
    pub(super) fn row_changed(&mut self, target: Arc<str>) {
        self.rows.insert(target);
    }

    /// Records that the set of targets or their order changed.
    pub(super) fn list_changed(&mut self) {
        self.list_changed = true;
    }

    /// Records that the view changed.
    pub(super) fn view_changed(&mut self) {
        self.view_changed = true;
    }

    /// Records that an incident changed.
    pub(super) fn announcements_changed(&mut self) {
        self.announcements_due = true;
    }

    /// Publishes the changes: the view for new pages, and events for open ones.
    pub(super) async fn tick(&mut self, view: &View) {
        let now = Instant::now();
        if std::mem::take(&mut self.view_changed) {
            self.dashboard.view.send_replace(view.clone());
        }
        let ranges = self.dashboard.page_events.active_ranges();
        if ranges.is_empty() {
            // The next reader gets a new page.
            self.rows.clear();
            self.list_changed = false;
            self.published = Published::default();
            return;
        }
        let verdict = judge(view, Timestamp::now());
        let before = self.published.visibility.replace(verdict.visibility);
        let visibility_changed = before.is_some_and(|before| before != verdict.visibility);
        let verdict_changed = verdict.headline != self.published.headline
            || verdict.notices.len() != self.published.notices;
        let has_rows = !self.rows.is_empty();
        if now >= self.compare_at {
            self.compare_at = now + COMPARE_EVERY;
            self.compare_charts(&ranges).await;
            self.announcements_due = true;
        }
        let refresh = self.list_changed || visibility_changed || self.rows.len() > ROWS_MAX;
        let rows = std::mem::take(&mut self.rows);
        self.list_changed = false;
        if refresh {
            self.publish(&ranges, "refresh", &Empty {});
        } else if !rows.is_empty() {
            for range in &ranges {
                self.publish_rows(*range, &rows, view, verdict.visibility)
                    .await;
            }
        }
        if visibility_changed || verdict_changed || has_rows || now >= self.heartbeat_at {
            self.heartbeat_at = now + HEARTBEAT;
            self.published.headline.clone_from(&verdict.headline);
            self.published.notices = verdict.notices.len();
            self.publish_summary(&ranges, view, verdict);
        }
        self.publish_announcements(&ranges);
    }

    fn publish(&self, ranges: &[Range], name: &'static str, data: &impl Serialize) {
        // Serializing strings and booleans does not fail.
        let Ok(event) = Event::new(name, data) else {
            return;
        };
        for range in ranges {
            self.dashboard.page_events.publish(*range, event.clone());
        }
    }

    /// Records the rows whose charts changed. The cache decides how often charts are fetched.
    async fn compare_charts(&mut self, ranges: &[Range]) {
        let published = &mut self.published.charts;
        published.retain(|(range, _)| ranges.contains(range));
        for range in ranges {
            let Some(charts) = self.dashboard.cached_charts(*range).await else {
                continue;
            };
            match published.iter_mut().find(|(it, _)| it == range) {
                Some((_, before)) if Arc::ptr_eq(before, &charts) => {}
                Some((_, before)) => {
                    self.rows.extend(charts.differences(before, ROWS_MAX));
                    self.list_changed |= charts.missing != before.missing;
                    *before = charts;
                }
                None => published.push((*range, charts)),
            }
            self.list_changed |= self.dashboard.reset_charts_missing();
        }
    }

    async fn publish_rows(
        &self,
        range: Range,
        names: &HashSet<Arc<str>>,
        view: &View,
        visibility: Visibility,
    ) {
        let Some(snapshot) = &view.snapshot else {
            return;
        };
        let charts = self.dashboard.cached_charts(range).await;
        let charts = charts.unwrap_or_else(|| Arc::new(Charts::pending(range)));
        let targets = snapshot.status.targets.iter();
        for target in targets.filter(|it| names.contains(&it.target)) {
            let chart = charts.get(&target.target);
            let row = Row::new(target, chart, range, visibility, Timestamp::now());
            let changed = RowChanged {
                id: row.id.clone(),
                name: text::name(&target.target),
                state: row.state(),
                // A template over strings does not fail.
                html: row.render().unwrap_or_default(),
            };
            self.publish(&[range], "row", &changed);
        }
    }

    fn publish_summary(&self, ranges: &[Range], view: &View, verdict: Verdict) {
        let summary = Summary::new(view, verdict, Timestamp::now());
        let verdict = &summary.verdict;
        // A template over strings does not fail.
        let html = summary.render().unwrap_or_default();
        let changed = SummaryChanged {
            overall: verdict.overall.name(),
            blind: verdict.visibility != Visibility::Full,
            title: verdict.title(),
            headline: &verdict.headline,
            icon: assets::icon(verdict.overall.class()).path(),
            html: &html,
        };
        self.publish(ranges, "summary", &changed);
    }

    /// Fetches the announcements if they may have changed, and publishes them if they did.
    fn publish_announcements(&mut self, ranges: &[Range]) {
        if std::mem::take(&mut self.announcements_due) && self.announcements.is_empty() {
            let dashboard = self.dashboard.clone();
            self.announcements
                .spawn(async move { dashboard.announcements().await });
        }
        while let Some(Ok(fetched)) = self.announcements.try_join_next() {
            let before = self.published.announcements.replace(fetched.clone());
            if before.is_none_or(|before| before.html != fetched.html) {
                let html = &fetched.html;
                self.publish(ranges, "incidents", &AnnouncementsChanged { html });
            }
        }
    }
}
