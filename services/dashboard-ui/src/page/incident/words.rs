//! Alerts and the steps of their timelines in words.

use std::borrow::Cow;

use gateway_api::incidents::Event;

use super::DOWN;

/// Returns the subject of an alert of monitoring/prometheus/rules, such as `budget`.
fn subject(alert: &str) -> Option<&'static str> {
    let subjects = [
        ("ErrorBudgetBurn", "budget"),
        ("LatencyObjectiveMissed", "latency"),
        ("TargetCertificate", "certificate"),
    ];
    let mut subjects = subjects.into_iter();
    let found = subjects.find(|(name, _)| alert.starts_with(name));
    found.map(|(_, subject)| subject)
}

/// Returns what a firing alert says besides that the target is down: words, else the summary of its rule.
pub(super) fn fact<'a>(alert: &str, summary: Option<&'a str>) -> Option<Cow<'a, str>> {
    if alert.starts_with(DOWN) {
        return None;
    }
    match subject(alert) {
        Some("budget") => Some("error budget burning".into()),
        Some("latency") => Some("too slow".into()),
        Some(_) if alert == "TargetCertificateExpired" => Some("certificate expired".into()),
        Some(_) => Some("certificate expires soon".into()),
        None => summary.map(Cow::from),
    }
}

/// Returns which alerts of a target still fire after it came up again: `budget alerts remain`.
pub(super) fn remain<'a>(firing: impl Iterator<Item = &'a str>) -> String {
    let mut subjects = Vec::new();
    let mut others = 0;
    for alert in firing {
        match subject(alert) {
            Some(subject) if !subjects.contains(&subject) => subjects.push(subject),
            None if !alert.starts_with(DOWN) => others += 1,
            _ => {}
        }
    }
    match (subjects.is_empty(), others) {
        // The alert that it is down ends within a minute and a half.
        (true, 0) => "its alert is about to end".to_owned(),
        (true, _) => "alerts remain".to_owned(),
        (false, 0) => format!("{} alerts remain", subjects.join(" and ")),
        (false, _) => format!("{} and other alerts remain", subjects.join(", ")),
    }
}

/// Describes a step of a timeline.
pub(super) fn step(event: Event) -> &'static str {
    match event {
        Event::Fired => "fired",
        Event::Notified => "notification arrived",
        Event::Resolved => "resolved",
        Event::ResolutionNotified => "notification of the end arrived",
        Event::FiredAgain => "fired again after a restart of Prometheus",
        Event::LastKnownActive => "last known to be active",
        Event::ResolvedUnconfirmed => "resolved by Alertmanager alone, not confirmed by Prometheus",
        Event::Closed => "closed: neither Prometheus nor Alertmanager reports it",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alerts_that_remain_are_named_by_their_subject() {
        for (firing, words) in [
            (vec!["TargetDown"], "its alert is about to end"),
            (
                vec!["TargetDown", "ErrorBudgetBurnFast", "ErrorBudgetBurnSlow"],
                "budget alerts remain",
            ),
            (
                vec!["ErrorBudgetBurnSlow", "LatencyObjectiveMissed"],
                "budget and latency alerts remain",
            ),
            (vec!["Custom"], "alerts remain"),
            (
                vec!["ErrorBudgetBurnSlow", "Custom"],
                "budget and other alerts remain",
            ),
        ] {
            assert_eq!(remain(firing.into_iter()), words);
        }
    }
}
