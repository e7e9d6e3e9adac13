//! `GET /targets/{name}`: everything about one target.

mod latency;
mod objectives;
mod slots;

use askama::Template;
use jiff::Timestamp;

use super::incident::{Entry, is_page};
use super::maintenance::Plan;
use super::row::{Note, capitalize, link, notes, since};
use super::{Here, Mark, Shell};
use crate::assets::state_icon;
use crate::bar::Bar;
use crate::digest::element_id;
use crate::gateway::GatewayError;
use crate::gateway::detail::Detail;
use crate::gateway::status::Target;
use crate::range::Range;
use crate::text::{NAME_MAX_CHARS, cut, name, segment, visible};
use crate::time::{Clock, Moment, latency as in_words, span};
use crate::verdict::{Sight, Verdict};
use crate::words::{certificate, percent, reason};
use latency::{LatencyChart, Phase, phases};
use objectives::Objectives;
use slots::SlotRow;

/// `templates/target.html`, filled.
#[derive(Debug, Template)]
#[template(path = "target.html")]
pub(crate) struct TargetPage {
    shell: Shell,
    notices: Vec<String>,
    id: String,
    target: String,
    /// Its name as a segment of an address.
    badge_name: String,
    name: String,
    /// The whole name, where it is cut.
    whole_name: Option<String>,
    url: String,
    /// Where it is a page that can be opened.
    url_link: Option<String>,
    group: Option<String>,
    mark: Mark,
    since: Option<Clock>,
    notes: Vec<Note>,
    last_probe: Option<Moment>,
    interval: Option<String>,
    certificate: Option<(Clock, String)>,
    range: Range,
    ranges: Vec<(String, String, bool)>,
    bar: String,
    bar_words: String,
    availability: Option<String>,
    coverage: Option<String>,
    slots: Vec<SlotRow>,
    latency: Option<LatencyChart>,
    /// The mean of the last 5 minutes.
    mean_latency: Option<String>,
    phases: Vec<Phase>,
    objectives: Objectives,
    reasons: Vec<(String, String)>,
    incidents: Option<Vec<Entry>>,
    plan: Option<Plan>,
    missing: Vec<String>,
}

/// What a page of one target is asked for.
#[derive(Debug)]
pub(crate) struct Asked<'a> {
    pub range: Range,
    pub ranges: Vec<Range>,
    pub paused: bool,
    pub events: &'a str,
    pub now: Timestamp,
}

impl TargetPage {
    pub(crate) fn new(
        target: &Target,
        verdict: &Verdict,
        detail: Result<&Detail, &GatewayError>,
        asked: &Asked<'_>,
    ) -> Self {
        let (range, now) = (asked.range, asked.now);
        let sight = verdict.sight;
        let mark = Mark::new(sight.of(target));
        let shown = name(&target.name);
        let title = format!("{}: {shown}", mark.word);
        let mut shell = Shell::new(Here::Target, title, verdict, Moment::new(now, now));
        shell.icon = state_icon(sight.of(target).0).path();
        shell.events = format!("/events?range={}&since={}", range.query(), asked.events);
        shell.row = element_id("target", &target.name);
        let plain = link(&target.name, range);
        let joint = if plain.contains('?') { '&' } else { '?' };
        shell.pause = if asked.paused {
            plain.clone()
        } else {
            format!("{plain}{joint}pause")
        };
        shell.paused = asked.paused;

        let told = detail.ok();
        let history = told.and_then(|it| it.history.as_ref());
        let lines = told.and_then(|it| it.latency.as_ref());
        let bar = history.map_or_else(Bar::unknown, |it| Bar::new(&it.of));
        let overall = history.map(|it| it.of.overall.clone()).unwrap_or_default();
        let slo = told.and_then(|it| it.slo.as_ref());
        let whole = visible(&cut(&target.name, 100 * NAME_MAX_CHARS));
        Self {
            notices: if sight == Sight::Clear {
                Vec::new()
            } else {
                verdict.notices.clone()
            },
            id: element_id("target", &target.name),
            whole_name: (whole != shown).then_some(whole),
            url_link: is_page(&target.url).then(|| target.url.clone()),
            url: name(&target.url),
            group: target.group.as_deref().map(visible),
            since: since(target, sight),
            notes: notes(target, sight, now),
            last_probe: target.last_probe_at.map(|at| Moment::new(at, now)),
            interval: target.interval_seconds.map(seconds),
            certificate: target
                .certificate_not_after
                .map(|end| (Clock::new(end), capitalize(&certificate(end, now).0))),
            ranges: asked
                .ranges
                .iter()
                .map(|it| (it.words(), link(&target.name, *it), *it == range))
                .collect(),
            bar: bar.paths(),
            bar_words: bar.words(range, overall.availability.as_deref()),
            availability: overall.availability,
            coverage: overall.coverage.map(percent),
            slots: history.map_or_else(Vec::new, |it| slots::rows(it, &bar, lines)),
            latency: lines.and_then(|it| LatencyChart::new(it, slo)),
            mean_latency: target.latency_seconds.map(in_words),
            phases: told
                .and_then(|it| it.phases.as_ref())
                .map_or_else(Vec::new, phases),
            objectives: Objectives::new(slo),
            reasons: told.map_or_else(Vec::new, reasons),
            incidents: told
                .and_then(|it| it.incidents.as_ref())
                .map(|all| all.iter().map(Entry::new).collect()),
            plan: told.and_then(|it| it.maintenance.as_ref()).map(Plan::new),
            missing: missing(detail),
            badge_name: segment(&target.name),
            target: target.name.clone(),
            name: shown,
            range,
            mark,
            shell,
        }
    }
}

/// Why probes failed of late, the most frequent first.
fn reasons(detail: &Detail) -> Vec<(String, String)> {
    let mut reasons: Vec<_> = detail.reasons.iter().flatten().collect();
    reasons.retain(|(_, count)| **count > 0.0);
    reasons.sort_by(|a, b| b.1.total_cmp(a.1));
    let shown = |(code, count): (&String, &f64)| (capitalize(&reason(code)), format!("{count:.0}"));
    reasons.into_iter().map(shown).collect()
}

/// What could not be had, in sentences.
fn missing(detail: Result<&Detail, &GatewayError>) -> Vec<String> {
    match detail {
        Ok(detail) => detail
            .sources
            .iter()
            .filter(|source| !source.ok)
            .map(|source| {
                let why = source.detail.as_deref().map_or_else(String::new, |why| {
                    format!(": {}", visible(why).trim_end_matches('.'))
                });
                format!("What {} knows is missing{why}.", visible(&source.name))
            })
            .collect(),
        Err(error) => vec![format!(
            "History, latency and incidents are missing: api-gateway {error}."
        )],
    }
}

/// An interval.
fn seconds(seconds: f64) -> String {
    #[expect(clippy::cast_possible_truncation, reason = "saturates")]
    if seconds >= 120.0 {
        span(seconds as i64)
    } else {
        format!("{seconds} s")
    }
}
