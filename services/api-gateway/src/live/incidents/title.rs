//! Titles of incidents in words.

use super::group::Group;

/// Returns the title of an incident. `is_down` is whether the target is down now.
pub(super) fn title(group: &Group, is_down: bool) -> String {
    let names = || {
        group
            .alerts
            .iter()
            .filter_map(|it| it.labels.get("alertname"))
    };
    let has = |start: &str| names().any(|name| name.starts_with(start));
    let now = group.is_firing();
    let Some(target) = &group.target else {
        return untitled(group);
    };
    if is_down {
        format!("{target} is down")
    } else if has(DOWN) {
        format!("{target} was down")
    } else if has("ErrorBudgetBurn") {
        let verb = if now { "burns" } else { "burned" };
        format!("{target} {verb} its error budget")
    } else if has("LatencyObjectiveMissed") {
        let verb = if now { "is" } else { "was" };
        format!("{target} {verb} too slow")
    } else if has("TargetCertificateExpired") {
        let verb = if now { "has" } else { "had" };
        format!("The certificate of {target} {verb} expired")
    } else if has("TargetCertificate") {
        let verb = if now {
            "expires"
        } else {
            "was about to expire"
        };
        let soon = if now { " soon" } else { "" };
        format!("The certificate of {target} {verb}{soon}")
    } else {
        untitled(group)
    }
}

/// The start of the names of the alerts that fire while a target is down.
pub(super) const DOWN: &str = "TargetDown";

/// Returns the summary or the name of the first alert, for alerts of other rules.
fn untitled(group: &Group) -> String {
    let first = group.alerts.first();
    let text = first.and_then(|it| it.annotations.get("summary").or(it.labels.get("alertname")));
    text.map_or("An alert without a name", String::as_str)
        .to_owned()
}
