//! Telling open pages what has changed: rendered once for all of them, and only what looks different.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use askama::Template;
use jiff::Timestamp;
use serde::Serialize;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::assets;
use crate::draw::charts::Charts;
use crate::gateway::view::View;
use crate::live::dashboard::Dashboard;
use crate::page::announcements::News;
use crate::page::row::Row;
use crate::page::summary::Summary;
use crate::page::verdict::{Sight, Verdict, judge};
use crate::range::Range;
use crate::text;

/// More rows than this at once are no longer news: the page is fetched anew.
const ROWS_MAX: usize = 100;

/// How often a page is told what it knows already, so that it notices when it hears nothing.
const BEAT: Duration = Duration::from_secs(5);

/// How often it is looked whether figures of the past or incidents have changed.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// What has changed since pages were last told.
pub(super) struct Publisher {
    dashboard: Arc<Dashboard>,
    rows: HashSet<String>,
    list: bool,
    board: bool,
    news: bool,
    told: Told,
    beat_at: Instant,
    look_at: Instant,
    fetched: JoinSet<Arc<News>>,
}

/// What pages were told last.
#[derive(Default)]
struct Told {
    sight: Option<Sight>,
    headline: String,
    notices: usize,
    news: Option<Arc<News>>,
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
struct NewsChanged<'a> {
    html: &'a str,
}

/// Nothing but that it is so.
#[derive(Serialize)]
struct Nothing {}

impl Publisher {
    pub(super) fn new(dashboard: Arc<Dashboard>) -> Self {
        Self {
            dashboard,
            rows: HashSet::new(),
            list: false,
            board: true,
            news: true,
            told: Told::default(),
            beat_at: Instant::now(),
            look_at: Instant::now(),
            fetched: JoinSet::new(),
        }
    }

    /// A row may look different.
    pub(super) fn row(&mut self, target: String) {
        self.rows.insert(target);
        self.board = true;
    }

    /// There are other targets, or they are in another order.
    pub(super) fn list(&mut self) {
        self.list = true;
        self.board = true;
    }

    /// Something is known that was not.
    pub(super) fn board(&mut self) {
        self.board = true;
    }

    /// An incident has changed.
    pub(super) fn news(&mut self) {
        self.news = true;
    }

    /// Puts on the board what is known, and tells those who look.
    pub(super) async fn tick(&mut self, view: &View) {
        let now = Instant::now();
        let board = std::mem::take(&mut self.board);
        if board {
            self.dashboard.board.send_replace(view.clone());
        }
        let wanted: Vec<Range> = self.dashboard.hub.wanted().collect();
        if wanted.is_empty() {
            // Whoever comes gets a new page.
            self.rows.clear();
            self.list = false;
            self.told = Told::default();
            return;
        }
        let verdict = judge(view, Timestamp::now());
        let before = self.told.sight.replace(verdict.sight);
        let turned = before.is_some_and(|before| before != verdict.sight);
        let other =
            verdict.headline != self.told.headline || verdict.notices.len() != self.told.notices;
        let rows = !self.rows.is_empty();
        if now >= self.look_at {
            self.look_at = now + LOOK_EVERY;
            self.look(&wanted).await;
        }
        let refresh = self.list || turned || self.rows.len() > ROWS_MAX;
        let changed = std::mem::take(&mut self.rows);
        self.list = false;
        for range in &wanted {
            if refresh {
                self.dashboard.hub.publish(*range, "refresh", &Nothing {});
            } else if !changed.is_empty() {
                self.tell_rows(*range, &changed, view, verdict.sight).await;
            }
        }
        if turned || other || rows || now >= self.beat_at {
            self.beat_at = now + BEAT;
            self.told.headline.clone_from(&verdict.headline);
            self.told.notices = verdict.notices.len();
            self.tell_summary(&wanted, view, verdict);
        }
        self.tell_news(&wanted);
    }

    /// Looks whether figures of the past have changed. Their caches say how often the gateway is asked.
    async fn look(&mut self, wanted: &[Range]) {
        self.told.charts.retain(|(range, _)| wanted.contains(range));
        for range in wanted {
            let Some(now) = self.dashboard.charts_at_hand(*range).await else {
                continue;
            };
            let place = self.told.charts.iter_mut().find(|(it, _)| it == range);
            match place {
                Some((_, before)) if Arc::ptr_eq(before, &now) => {}
                Some((_, before)) => {
                    self.rows.extend(now.differences(before, ROWS_MAX));
                    self.list |= now.missing != before.missing;
                    *before = now;
                }
                None => self.told.charts.push((*range, now)),
            }
            // A page was made before they were there.
            self.list |= self.dashboard.charts_owed.swap(false, Ordering::Relaxed);
        }
        self.news = true;
    }

    async fn tell_rows(&self, range: Range, names: &HashSet<String>, view: &View, sight: Sight) {
        let Some(known) = &view.known else {
            return;
        };
        let charts = self.dashboard.charts_at_hand(range).await;
        let charts = charts.unwrap_or_else(|| Arc::new(Charts::pending(range)));
        let targets = known.status.targets.iter();
        for target in targets.filter(|it| names.contains(&it.name)) {
            let chart = charts.of(&target.name);
            let row = Row::new(target, chart, range, sight, Timestamp::now());
            let changed = RowChanged {
                id: row.id.clone(),
                name: text::name(&target.name),
                state: row.state(),
                // A template over strings does not fail.
                html: row.render().unwrap_or_default(),
            };
            self.dashboard.hub.publish(range, "row", &changed);
        }
    }

    fn tell_summary(&self, wanted: &[Range], view: &View, verdict: Verdict) {
        let summary = Summary::new(view, verdict, Timestamp::now());
        let verdict = &summary.verdict;
        // A template over strings does not fail.
        let html = summary.render().unwrap_or_default();
        let changed = SummaryChanged {
            overall: verdict.overall.name(),
            blind: verdict.sight != Sight::Clear,
            title: verdict.title(),
            headline: &verdict.headline,
            icon: assets::icon(verdict.overall.class()).path(),
            html: &html,
        };
        for range in wanted {
            self.dashboard.hub.publish(*range, "summary", &changed);
        }
    }

    /// Asks for incidents where they may have changed, and tells of them when they have.
    fn tell_news(&mut self, wanted: &[Range]) {
        if std::mem::take(&mut self.news) && self.fetched.is_empty() {
            let dashboard = self.dashboard.clone();
            self.fetched.spawn(async move { dashboard.news().await });
        }
        while let Some(Ok(news)) = self.fetched.try_join_next() {
            let before = self.told.news.replace(news.clone());
            if before.is_some_and(|before| before.html == news.html) {
                continue;
            }
            for range in wanted {
                let changed = NewsChanged { html: &news.html };
                self.dashboard.hub.publish(*range, "incidents", &changed);
            }
        }
    }
}
