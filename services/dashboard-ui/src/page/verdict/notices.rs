//! Sentences about parts that are unavailable or do not work, and since when.

use gateway_api::status::{Part, Reason, Source, Status};
use jiff::Timestamp;

use crate::text::time::Moment;
use crate::text::visible;

/// Returns a sentence for each part that is unavailable or does not work.
pub(super) fn notices(status: &Status, now: Timestamp) -> Vec<String> {
    let blind = status.summary.blind.as_ref();
    let reasons = blind.map_or(&[][..], |blind| &blind.reasons);
    let blind = |since, why: String| {
        let since = Moment::new(since, now);
        format!("Blind since {} ({}){why}", since.clock, since.ago)
    };
    let reason = |it: &Reason| format!(": {}.{}", cause(it), consequence(it.part.as_str()));
    let mut notices: Vec<_> = reasons
        .iter()
        .map(|it| blind(it.since, reason(it)))
        .collect();
    if let Some(without_reason) = status.summary.blind.as_ref().filter(|_| reasons.is_empty()) {
        notices.push(blind(without_reason.since, ".".to_owned()));
    }
    let is_named = |it: &&Source| reasons.iter().any(|reason| reason.part.as_str() == it.name);
    let away = status.summary.sources.iter().filter(|source| !source.ok);
    notices.extend(away.filter(|it| !is_named(it)).map(|source| {
        format!(
            "{} is unavailable{}.{}",
            visible(&source.name),
            source.detail.as_deref().map_or_else(String::new, detail),
            consequence(&source.name)
        )
    }));
    notices
}

/// Returns the name of a part for the page.
pub(crate) fn part_name(part: Part) -> &'static str {
    match part {
        // Watchdog always fires: while it does not arrive, no other alert would.
        Part::Watchdog => "the delivery of alerts",
        part => part.as_str(),
    }
}

/// Returns the problem with a part. A detail that already names the part is used unchanged.
fn cause(reason: &Reason) -> String {
    if reason.detail.to_lowercase().contains(reason.part.as_str()) {
        visible(&reason.detail).trim_end_matches('.').to_owned()
    } else {
        format!("{}{}", part_name(reason.part), detail(&reason.detail))
    }
}

fn detail(detail: &str) -> String {
    format!(": {}", visible(detail).trim_end_matches('.'))
}

fn consequence(part: &str) -> &'static str {
    if part.starts_with("ping-agent") {
        " The state of its targets is unknown until it is back."
    } else if part.starts_with("prometheus") {
        " Its figures are missing or stale, and alerts are unreliable until it is back."
    } else if part.starts_with("alert") {
        " Alerts may fire without being recorded."
    } else if part == "watchdog" {
        " Other alerts would not be delivered either."
    } else {
        ""
    }
}
