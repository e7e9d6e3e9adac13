//! What cannot be seen, and since when.

use jiff::Timestamp;

use crate::gateway::status::{Reason, Source, Status};
use crate::text::visible;
use crate::time::{Moment, span};
use crate::words::part;

/// What cannot be seen, and since when.
pub(super) fn notices(status: &Status, stale: Option<i64>, now: Timestamp) -> Vec<String> {
    let mut notices = Vec::new();
    let blind = status.summary.blind.as_ref();
    let reasons = blind.map_or(&[][..], |blind| &blind.reasons);
    for reason in reasons {
        let since = Moment::new(reason.since, now);
        notices.push(format!(
            "Blind since {} ({}): {}.{}",
            since.clock,
            since.ago,
            why(reason),
            consequence(&reason.part)
        ));
    }
    if let Some(blind) = blind.filter(|_| reasons.is_empty()) {
        let since = Moment::new(blind.since, now);
        notices.push(format!("Blind since {} ({}).", since.clock, since.ago));
    }
    let told = |source: &&Source| reasons.iter().any(|reason| reason.part == source.name);
    let away = status.summary.sources.iter().filter(|source| !source.ok);
    notices.extend(away.filter(|source| !told(source)).map(|source| {
        format!(
            "{} is not available{}.{}",
            visible(&source.name),
            detail(source.detail.as_deref()),
            consequence(&source.name)
        )
    }));
    if let Some(seconds) = stale {
        notices.push(format!(
            "The newest observation is {} old: ping-agent is not probing, or cannot be heard.",
            span(seconds)
        ));
    }
    notices
}

/// What is wrong with a part. A detail that names the part is a sentence of its own.
fn why(reason: &Reason) -> String {
    match reason.detail.as_deref() {
        Some(text) if text.contains(&reason.part) => visible(text).trim_end_matches('.').to_owned(),
        text => format!("{}{}", part(&reason.part), detail(text)),
    }
}

fn detail(detail: Option<&str>) -> String {
    detail.map_or_else(String::new, |detail| {
        format!(": {}", visible(detail).trim_end_matches('.'))
    })
}

fn consequence(part: &str) -> &'static str {
    if part.starts_with("ping-agent") {
        " What it probes is unknown until it is back."
    } else if part.starts_with("prometheus") {
        " Figures that come from it are missing here, and while it is away no alert can fire."
    } else if part.starts_with("alert") {
        " Alerts may fire without being recorded."
    } else if part == "watchdog" {
        " An alert that fires would not arrive either."
    } else {
        ""
    }
}

/// How old the newest observation is, where that is too old: three times the shortest interval, a minute at least.
/// Measured against the gateway's clock, which is not this one.
pub(super) fn stale_seconds(status: &Status) -> Option<i64> {
    let newest = status.summary.newest_observation_at?;
    let age = status.summary.generated_at.duration_since(newest);
    let shortest = status
        .targets
        .iter()
        .filter_map(|target| target.interval_seconds)
        .fold(f64::INFINITY, f64::min);
    let limit = if shortest.is_finite() {
        (3.0 * shortest).max(60.0)
    } else {
        60.0
    };
    (age.as_secs_f64() > limit).then_some(age.as_secs())
}
