//! What cannot be seen, and since when.

use jiff::Timestamp;

use crate::gateway::status::{Reason, Source, Status};
use crate::text::time::Moment;
use crate::text::visible;
use crate::text::words::part;

/// What cannot be seen, and since when.
pub(super) fn notices(status: &Status, now: Timestamp) -> Vec<String> {
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
    notices
}

/// What is wrong with a part. A detail that names the part is a sentence of its own.
fn why(reason: &Reason) -> String {
    let names_it = |text: &str| text.to_lowercase().contains(&reason.part);
    match reason.detail.as_deref() {
        Some(text) if names_it(text) => visible(text).trim_end_matches('.').to_owned(),
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
        " Figures that come from it are missing here or old, and until it is back no alert can be relied on."
    } else if part.starts_with("alert") {
        " Alerts may fire without being recorded."
    } else if part == "watchdog" {
        " An alert that fires would not arrive either."
    } else {
        ""
    }
}
