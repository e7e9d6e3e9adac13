//! Titles of incidents in words.

use super::group::Group;

/// The start of the names of the alerts that fire while a target is down.
pub(super) const DOWN: &str = "TargetDown";

/// Returns the title of an incident. `is_down` is whether the target is down now.
pub(super) fn title(group: &Group, is_down: bool) -> String {
    let Some(target) = &group.target else {
        return first_summary(group);
    };
    let names = group.alerts.iter().map(|it| it.labels.get("alertname"));
    let names: Vec<_> = names.flatten().collect();
    let has = |start: &str| names.iter().any(|name| name.starts_with(start));
    let tense = |now, past| if group.is_firing() { now } else { past };
    if is_down {
        format!("{target} is down")
    } else if has(DOWN) {
        format!("{target} was down")
    } else if has("ErrorBudgetBurn") {
        let burns = tense("burns", "burned");
        format!("{target} {burns} its error budget")
    } else if has("LatencyObjectiveMissed") {
        let is = tense("is", "was");
        format!("{target} {is} too slow")
    } else if has("TargetCertificateExpired") {
        let has_expired = tense("has expired", "had expired");
        format!("The certificate of {target} {has_expired}")
    } else if has("TargetCertificate") {
        let expires = tense("expires soon", "was about to expire");
        format!("The certificate of {target} {expires}")
    } else {
        first_summary(group)
    }
}

/// Returns the summary of the first alert, else its name: the title for all other rules.
fn first_summary(group: &Group) -> String {
    let first = group.alerts.first();
    let text = first.and_then(|it| it.annotations.get("summary").or(it.labels.get("alertname")));
    text.map_or("An alert without a name", String::as_str)
        .to_owned()
}
