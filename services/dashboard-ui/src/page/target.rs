//! `GET /targets/{name}`: the page of one target.

mod latency;
mod objectives;
mod slots;

use askama::Template;
use gateway_api::history::Range;
use gateway_api::is_web_link;
use gateway_api::status::{Source, State, TargetStatus};
use gateway_api::target::TargetAnswer;
use jiff::Timestamp;

use super::incident::Entry;
use super::maintenance::Plan;
use super::row::{Note, link, notes, since};
use super::subscribe::Badges;
use super::verdict::{Verdict, Visibility};
use super::{Mark, PageKind, Shell};
use crate::assets;
use crate::draw::bar::Bar;
use crate::gateway::GatewayError;
use crate::text::availability::Availability;
use crate::text::ids::element_id;
use crate::text::terms;
use crate::text::time::{Clock, Moment, in_full, latency as in_words, span};
use crate::text::words::{capitalize, certificate, reason};
use crate::text::{NAME_MAX_CHARS, cut, name, visible};
use latency::{Latency, Phase, phases};
use objectives::Objectives;
use slots::{Slots, SlotsOf};

/// `templates/target.html`.
#[derive(Debug, Template)]
#[template(path = "target.html")]
pub(crate) struct TargetPage {
    shell: Shell,
    notices: Vec<String>,
    id: String,
    target: String,
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
    availability: Availability,
    slots: Option<Slots>,
    /// The number of slots, the width of the bar.
    slot_count: usize,
    latency: Option<Latency>,
    /// The mean over the last 5 minutes.
    mean_latency: Option<String>,
    phases: Vec<Phase>,
    objectives: Objectives,
    reasons: Vec<(String, String)>,
    incidents: Option<Vec<Entry>>,
    plan: Option<Plan>,
    badges: Badges,
    missing: Vec<String>,
}

/// The parameters of a request for a target's page.
#[derive(Debug)]
pub(crate) struct TargetRequest<'a> {
    pub range: Range,
    pub ranges: Vec<Range>,
    pub paused: bool,
    pub events: &'a str,
    /// The address of this server, as the reader's browser has it.
    pub origin: &'a str,
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
        let bar = history.map_or_else(|| Bar::unknown(range), |it| Bar::new(&it.slots, &it.values));
        let availability = history.map_or_else(Availability::default, |it| {
            Availability::of(&it.values, &it.slots)
        });
        let watched_since = history.and_then(|it| it.values.watched_since);
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
            bar_words: bar.describe(range, availability.text.as_deref()),
            slots: history.map(|history| {
                let of = SlotsOf {
                    target,
                    history,
                    latencies: lines,
                    now,
                };
                Slots::new(&of, &bar)
            }),
            slot_count: bar.slots().len(),
            availability,
            latency: lines.and_then(|it| Latency::new(it, slo)),
            mean_latency: figures.latency_seconds.map(in_words),
            phases: answered
                .and_then(|it| it.phases.as_ref())
                .map_or_else(Vec::new, phases),
            objectives: Objectives::new(slo, watched_since, now),
            reasons: answered.map_or_else(Vec::new, reasons),
            incidents: answered.and_then(|it| it.incidents.as_ref()).map(|all| {
                all.iter()
                    .map(|it| Entry::new(it, Some(target), now))
                    .collect()
            }),
            plan: answered
                .and_then(|it| it.maintenance.as_deref())
                .map(Plan::new),
            missing: missing(answer),
            badges: Badges::new(request.origin, &target.target),
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
    // The code of the newest response, which is that of the failures only while the target is down.
    let target = &answer.target;
    let http_status = target.http_status.filter(|_| target.state == State::Down);
    let shown = |(code, count): (&String, &f64)| (reason(code, http_status), format!("{count:.0}"));
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

/// Formats an interval in seconds.
fn interval(seconds: f64) -> String {
    #[expect(clippy::cast_possible_truncation, reason = "saturates")]
    if seconds >= 120.0 {
        span(seconds as i64)
    } else {
        format!("{seconds} s")
    }
}
