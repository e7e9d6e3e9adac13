//! `GET /targets/{name}`: the page of one target.

mod latency;
mod objectives;
mod slots;

use askama::Template;
use gateway_api::history::{Range, SlotsHead};
use gateway_api::is_web_link;
use gateway_api::status::{Source, TargetStatus};
use gateway_api::target::TargetAnswer;
use jiff::Timestamp;

use super::incident::Entry;
use super::maintenance::Plan;
use super::row::{Note, capitalize, link, notes, since};
use super::verdict::{Verdict, Visibility};
use super::{Mark, PageKind, Shell};
use crate::assets;
use crate::draw::bar::Bar;
use crate::gateway::GatewayError;
use crate::text::ids::element_id;
use crate::text::time::{Clock, Moment, in_full, latency as in_words, span};
use crate::text::words::{certificate, percent, reason};
use crate::text::{NAME_MAX_CHARS, cut, name, segment, visible};
use latency::{LatencyChart, Phase, phases};
use objectives::Objectives;
use slots::SlotRow;

/// `templates/target.html`.
#[derive(Debug, Template)]
#[template(path = "target.html")]
pub(crate) struct TargetPage {
    shell: Shell,
    notices: Vec<String>,
    id: String,
    target: String,
    /// The target's name, encoded for a path.
    badge_name: String,
    name: String,
    /// The whole name, if the heading shortens it.
    whole_name: Option<String>,
    url: String,
    /// The URL, if it is http or https and so can be a link.
    url_link: Option<String>,
    group: Option<String>,
    mark: Mark,
    since: Option<Clock>,
    notes: Vec<Note>,
    last_probe: Option<Moment>,
    interval: Option<String>,
    certificate: Option<(Clock, String)>,
    range_words: String,
    ranges: Vec<(String, String, bool)>,
    bar: String,
    bar_words: String,
    availability: Option<String>,
    coverage: Option<String>,
    slots: Vec<SlotRow>,
    latency: Option<LatencyChart>,
    /// The mean over the last 5 minutes.
    mean_latency: Option<String>,
    phases: Vec<Phase>,
    objectives: Objectives,
    reasons: Vec<(String, String)>,
    incidents: Option<Vec<Entry>>,
    plan: Option<Plan>,
    missing: Vec<String>,
}

/// The parameters of a request for a target's page.
#[derive(Debug)]
pub(crate) struct TargetRequest<'a> {
    pub range: Range,
    pub ranges: Vec<Range>,
    pub paused: bool,
    pub events: &'a str,
    pub now: Timestamp,
}

impl TargetPage {
    pub(crate) fn new(
        target: &TargetStatus,
        verdict: &Verdict,
        answer: Result<&TargetAnswer, &GatewayError>,
        request: &TargetRequest<'_>,
    ) -> Self {
        let (range, now) = (request.range, request.now);
        let visibility = verdict.visibility;
        let mark = Mark::new(visibility.shown_state(target));
        let shown = name(&target.target);
        let title = format!("{}: {shown}", mark.word);
        let mut shell = Shell::new(PageKind::Target, title, verdict, Moment::new(now, now));
        shell.icon = assets::icon(visibility.shown_state(target).0.as_str()).path();
        shell.events = format!("/events?range={}&since={}", range.as_str(), request.events);
        shell.row = element_id("target", &target.target);
        let plain = link(&target.target, range);
        let joint = if plain.contains('?') { '&' } else { '?' };
        shell.pause = if request.paused {
            plain.clone()
        } else {
            format!("{plain}{joint}pause")
        };
        shell.paused = request.paused;

        // The state comes from the event stream, which is never older than the response. Figures that no event carries
        // come from the response.
        let answered = answer.ok();
        let figures = answered.map_or(target, |it| it.target.as_ref());
        let history = answered.and_then(|it| it.history.as_ref());
        let lines = answered.and_then(|it| it.latency.as_ref());
        let bar = history.map_or_else(Bar::unknown, |it| Bar::new(&it.values));
        let overall = history.map(|it| &it.values.overall);
        let availability = overall.and_then(|it| it.availability.clone());
        let slo = answered.and_then(|it| it.slo.as_ref());
        let whole = visible(&cut(&target.target, 100 * NAME_MAX_CHARS));
        Self {
            notices: if visibility == Visibility::Full {
                Vec::new()
            } else {
                verdict.notices.clone()
            },
            id: element_id("target", &target.target),
            whole_name: (whole != shown).then_some(whole),
            url_link: is_web_link(&target.url).then(|| target.url.clone()),
            url: name(&target.url),
            group: target.group.as_deref().map(visible),
            since: since(target, visibility),
            notes: notes(target, visibility, now),
            last_probe: figures.last_probe_at.map(|at| Moment::new(at, now)),
            interval: target.interval_seconds.map(interval),
            certificate: target
                .certificate_not_after
                .map(|end| (Clock::new(end), capitalize(&certificate(end, now).0))),
            range_words: in_full(range.as_str()),
            ranges: request
                .ranges
                .iter()
                .map(|it| {
                    (
                        in_full(it.as_str()),
                        link(&target.target, *it),
                        *it == range,
                    )
                })
                .collect(),
            bar: bar.paths(),
            bar_words: bar.describe(range, availability.as_deref()),
            availability,
            coverage: overall.and_then(|it| it.coverage).map(percent),
            slots: history.map_or_else(Vec::new, |it| slots::rows(it, &bar, lines)),
            latency: lines.and_then(|it| LatencyChart::new(it, slo)),
            mean_latency: figures.latency_seconds.map(in_words),
            phases: answered
                .and_then(|it| it.phases.as_ref())
                .map_or_else(Vec::new, phases),
            objectives: Objectives::new(slo),
            reasons: answered.map_or_else(Vec::new, reasons),
            incidents: answered
                .and_then(|it| it.incidents.as_ref())
                .map(|all| all.iter().map(Entry::new).collect()),
            plan: answered
                .and_then(|it| it.maintenance.as_deref())
                .map(Plan::new),
            missing: missing(answer),
            badge_name: segment(&target.target),
            target: target.target.to_string(),
            name: shown,
            mark,
            shell,
        }
    }
}

/// Returns the reasons of failed probes and their counts, most frequent first.
fn reasons(answer: &TargetAnswer) -> Vec<(String, String)> {
    let mut reasons: Vec<_> = answer.reasons.iter().flatten().collect();
    reasons.retain(|(_, count)| **count > 0.0);
    reasons.sort_by(|a, b| b.1.total_cmp(a.1));
    let shown = |(code, count): (&String, &f64)| (capitalize(&reason(code)), format!("{count:.0}"));
    reasons.into_iter().map(shown).collect()
}

/// Returns a sentence for each source that did not answer.
fn missing(answer: Result<&TargetAnswer, &GatewayError>) -> Vec<String> {
    let sentence = |source: &Source| {
        let why = source.detail.as_deref().map_or_else(String::new, |why| {
            format!(": {}", visible(why).trim_end_matches('.'))
        });
        format!("Figures from {} are missing{why}.", visible(&source.name))
    };
    match answer {
        Ok(answer) => {
            let away = answer.sources.iter().filter(|source| !source.ok);
            away.map(sentence).collect()
        }
        Err(error) => vec![format!(
            "History, latency and incidents are missing: api-gateway {error}."
        )],
    }
}

/// Returns the start of a slot.
fn slot_start(slots: &SlotsHead, index: usize) -> Option<Timestamp> {
    let offset = slots.slot_seconds.checked_mul(i64::try_from(index).ok()?)?;
    Timestamp::from_second(slots.start.as_second().checked_add(offset)?).ok()
}

/// Formats an interval in seconds.
fn interval(seconds: f64) -> String {
    #[expect(clippy::cast_possible_truncation, reason = "saturates")]
    if seconds >= 120.0 {
        span(seconds as i64)
    } else {
        format!("{seconds} s")
    }
}
