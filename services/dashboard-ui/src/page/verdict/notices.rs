//! The sentences about parts that are away or do not work, and since when.

use gateway_api::status::{Part, Reason, Source, Status};
use jiff::Timestamp;

use crate::text::time::Moment;
use crate::text::visible;

/// Returns a sentence for each part that is away or does not work.
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
            "{} is not available{}.{}",
            visible(&source.name),
            source.detail.as_deref().map_or_else(String::new, detail),
            consequence(&source.name)
        )
    }));
    notices
}

/// The name of a part as the page shows it.
pub(crate) fn part_name(part: Part) -> &'static str {
    match part {
        // The alert that always fires: while it does not arrive, no other alert would.
        Part::Watchdog => "the delivery of alerts",
        part => part.as_str(),
    }
}

/// Returns the problem with a part. A detail that names the part is a sentence of its own.
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
        " Figures from it are missing or old, and until it is back no alert can be relied on."
    } else if part.starts_with("alert") {
        " Alerts may fire without being recorded."
    } else if part == "watchdog" {
        " An alert that fires would not arrive either."
    } else {
        ""
    }
}
