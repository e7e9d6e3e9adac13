//! The lines of `status` about the targets and the incidents, as api-gateway reports them.

use console::style;
use gateway_api::incidents::Incident;
use gateway_api::status::{State, Status, TargetStatus};
use jiff::Timestamp;

use crate::cli::WIDTH;
use crate::http::gateway::Gateway;
use crate::terminal::words::{self, column, fit, plain, span_since};

/// The largest number of targets that are listed.
const LISTED_MAX: usize = 20;

/// The width of the columns: name, state and time.
const COLUMNS: (usize, usize, usize) = (34, 12, 13);

/// Fetches and formats the state of the targets.
pub async fn text(url: &str) -> String {
    let gateway = match Gateway::new(url) {
        Ok(gateway) => gateway,
        Err(error) => return format!("\n{}\n", fit(&error.to_string(), WIDTH)),
    };
    let now = Timestamp::now();
    let targets = match gateway.status().await {
        Ok(fetched) => targets(&fetched.status, now),
        // Without the targets there are no incidents either.
        Err(error) => return format!("\n{}", unknown("targets", &error)),
    };
    let incidents = match gateway.open_incidents().await {
        Ok(open) => incidents(&open, now),
        Err(error) => unknown("incidents", &error),
    };
    format!("\n{targets}\n{incidents}")
}

fn unknown(subject: &str, error: &anyhow::Error) -> String {
    let line = format!("The {subject} are unknown: {error}");
    format!("{}\n", words::wrap(&line, WIDTH))
}

/// Formats the open incidents.
fn incidents(open: &[Incident], now: Timestamp) -> String {
    let mut text = match open.len() {
        0 => return "Incidents: none is open\n".to_owned(),
        count => format!("Incidents: {count} open\n"),
    };
    for incident in open.iter().take(LISTED_MAX) {
        let line = words::incident(incident, now);
        text.push_str(&format!("  {}\n", fit(&line, WIDTH - 2)));
    }
    if let Some(rest) = open.len().checked_sub(LISTED_MAX).filter(|rest| *rest > 0) {
        text.push_str(&format!("  … and {rest} more: ./lab watch\n"));
    }
    text
}

/// Formats the number of targets in each state, and the targets that are not up.
fn targets(status: &Status, now: Timestamp) -> String {
    let mut text = format!("Targets: {}\n", counts(status));
    if let Some(blind) = &status.summary.blind {
        let reasons = blind.reasons.iter().map(|reason| plain(&reason.detail));
        let reasons = reasons.collect::<Vec<_>>().join("; ");
        let line = format!("Blind for {}: {reasons}", span_since(blind.started_at, now));
        text.push_str(&format!("{}\n", style(words::wrap(&line, WIDTH)).yellow()));
    }
    let mut listed: Vec<&TargetStatus> = status
        .targets
        .iter()
        .map(AsRef::as_ref)
        .filter(|target| target.state != State::Up)
        .collect();
    if listed.is_empty() {
        return text;
    }
    listed.sort_by_key(|target| words::rank(target.state));
    let (name, state, time) = COLUMNS;
    text.push_str(&format!(
        "{:<name$}{:<state$}{:<time$}REASON\n",
        "TARGET", "STATE", "FOR"
    ));
    for target in listed.iter().take(LISTED_MAX) {
        text.push_str(&row(target, now));
    }
    if listed.len() > LISTED_MAX {
        let rest = listed.len() - LISTED_MAX;
        text.push_str(&format!("… and {rest} more: ./lab watch\n"));
    }
    text
}

/// Formats the number of targets in each state that occurs.
fn counts(status: &Status) -> String {
    let counts = words::STATES.into_iter().rev();
    let counts: Vec<String> = counts
        .map(|state| (status.summary.counts.get(state), state))
        .filter(|(count, _)| *count > 0)
        .map(|(count, state)| format!("{count} {}", coloured(state, state.as_str())))
        .collect();
    if counts.is_empty() {
        return "none is configured".to_owned();
    }
    counts.join(", ")
}

fn row(target: &TargetStatus, now: Timestamp) -> String {
    let (name, state, time) = COLUMNS;
    let since = target.since.map(|since| span_since(since, now));
    let reason = match target.was {
        Some(was) => format!("was {}", was.as_str()),
        None => words::reason(target),
    };
    let row = format!(
        "{} {}{}{}",
        column(&plain(&target.target), name - 1),
        coloured(target.state, &column(target.state.as_str(), state)),
        column(&since.unwrap_or_default(), time),
        fit(&reason, WIDTH - name - state - time)
    );
    format!("{}\n", row.trim_end())
}

fn coloured(state: State, text: &str) -> String {
    let text = style(text);
    let text = match state {
        State::Up => text.green(),
        State::Down => text.red(),
        State::Maintenance => text.blue(),
        State::Unknown => text.yellow(),
    };
    text.to_string()
}

#[cfg(test)]
mod tests {
    use gateway_api::incidents::IncidentState;

    use super::*;
    use crate::http::gateway::fixture::{self, incident, status, target};

    const NOW: &str = "2026-11-23T02:50:00Z";

    #[test]
    fn the_targets_that_are_not_up_are_listed_with_time_and_reason() {
        let listed = [
            target("shop", State::Up),
            target("video", State::Unknown),
            target("demo", State::Down),
        ];
        let text = targets(&status(listed.into()), fixture::time(NOW));
        let text = console::strip_ansi_codes(&text);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], "Targets: 1 up, 1 unknown, 1 down");
        assert!(lines[2].starts_with("demo "), "{text}");
        assert!(
            lines[2].contains("down        9 min        timed out"),
            "{text}"
        );
        assert!(lines[3].starts_with("video "), "{text}");
        assert_eq!(lines.len(), 4, "{text}");
    }

    #[test]
    fn many_targets_with_hostile_names_stay_in_their_columns() {
        let name = |index| format!("\x1b[31m\u{202e}{index}{}", "日本".repeat(99));
        let listed = (0..50).map(|index| target(&name(index), State::Down));
        let text = targets(&status(listed.collect()), fixture::time(NOW));
        assert!(text.contains("… and 30 more"), "{text}");
        for line in text.lines() {
            assert!(console::measure_text_width(line) <= WIDTH, "{line}");
        }
        assert!(text.contains("␛[31m[U+202E]0日"), "{text}");
        assert!(!text.contains('\u{202e}'), "{text:?}");
    }

    #[test]
    fn open_incidents_are_lines() {
        let now = fixture::time(NOW);
        assert_eq!(incidents(&[], now), "Incidents: none is open\n");
        let mut open = vec![incident("shop", IncidentState::Ongoing); 21];
        open[0].title = "x".repeat(200);
        let text = incidents(&open, now);
        assert!(text.starts_with("Incidents: 21 open\n  xxx"), "{text}");
        assert!(text.contains("\n  shop is down · 9 min\n"), "{text}");
        assert!(text.ends_with("\n  … and 1 more: ./lab watch\n"), "{text}");
        for line in text.lines() {
            assert!(console::measure_text_width(line) <= WIDTH, "{line}");
        }
    }

    #[test]
    fn a_lab_without_targets_says_so() {
        let text = targets(&status(vec![]), Timestamp::now());
        assert_eq!(text, "Targets: none is configured\n");
    }
}
