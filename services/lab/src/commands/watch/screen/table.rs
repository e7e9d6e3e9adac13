//! The list of targets: its columns, and the lines of groups and targets.

use gateway_api::status::{Counted, State};
use jiff::Timestamp;
use ratatui::style::{Modifier, Style};

use super::super::view::Shown;
use super::lines::{Lines, colour};
use crate::terminal::words::{self, STATES, fit, latency, plain, span_since};

/// The narrowest column of the names.
const NAME_MIN: u16 = 16;

/// The columns beside the names, the most important first, with their widths.
const COLUMNS: [(Column, u16); 5] = [
    (Column::State, 12),
    (Column::Time, 12),
    (Column::Reason, 22),
    (Column::Availability, 8),
    (Column::Latency, 8),
];

#[derive(Debug, Clone, Copy)]
enum Column {
    State,
    Time,
    Reason,
    Availability,
    Latency,
}

/// The columns of the list, and the way in which targets are shown.
#[derive(Debug)]
pub struct Table {
    name_width: u16,
    /// The columns for which there is room, each with its place and width.
    columns: Vec<(Column, u16, u16)>,
    /// Whether the times and figures are current.
    is_current: bool,
    now: Timestamp,
}

impl Table {
    /// Returns the table for a screen of this width. The name gets the room that the columns leave.
    pub fn new(width: u16, is_current: bool, now: Timestamp) -> Self {
        let mut rest = width.saturating_sub(NAME_MIN);
        let mut chosen = Vec::new();
        for (column, width) in COLUMNS {
            if width > rest {
                break;
            }
            rest -= width;
            chosen.push((column, width));
        }
        let name_width = match chosen.is_empty() {
            true => width,
            false => NAME_MIN + rest,
        };
        let mut at = name_width;
        let place = |(column, width)| {
            let place = (column, at, width);
            at += width;
            place
        };
        Self {
            name_width,
            columns: chosen.into_iter().map(place).collect(),
            is_current,
            now,
        }
    }

    /// Draws the names of the columns.
    pub fn header(&self, lines: &mut Lines<'_>) {
        let style = Style::new().add_modifier(Modifier::BOLD);
        lines.text(0, self.name_width, "TARGET", style);
        for (column, at, width) in &self.columns {
            let title = match column {
                Column::State => "STATE",
                Column::Time => "FOR",
                Column::Reason => "REASON",
                Column::Availability => "AVAIL.",
                Column::Latency => "LATENCY",
            };
            lines.text(*at, *width, title, style);
        }
        lines.end();
    }

    /// Draws a target.
    pub fn target(&self, lines: &mut Lines<'_>, shown: &Shown<'_>) {
        let name = plain(&shown.target.target);
        lines.text(0, self.name_width.saturating_sub(1), &name, Style::new());
        for (column, at, width) in &self.columns {
            let style = match column {
                Column::State => colour(shown.state),
                _ => Style::new(),
            };
            let text = self.text(*column, shown);
            lines.text(*at, width.saturating_sub(1), &text, style);
        }
        lines.end();
    }

    fn text(&self, column: Column, shown: &Shown<'_>) -> String {
        let target = shown.target;
        let text = match column {
            Column::State => Some(shown.state.as_str().to_owned()),
            Column::Reason => Some(match shown.was {
                Some(was) => format!("was {}", was.as_str()),
                None => words::reason(target),
            }),
            // Old times and figures say nothing about a state that is not known any more.
            _ if !self.is_current => None,
            Column::Time => target.since.map(|since| span_since(since, self.now)),
            Column::Availability => target.figures.availability.as_deref().map(plain),
            Column::Latency => target.latency_seconds.map(latency),
        };
        text.unwrap_or_default()
    }
}

/// Draws the head of a group.
pub fn group(lines: &mut Lines<'_>, name: Option<&str>, worst: State, counts: Counted) {
    let name = name.map_or_else(|| "Without a group".to_owned(), plain);
    // A long name leaves room for the counts.
    let name = fit(&name, usize::from(lines.area.width / 2));
    let style = colour(worst).add_modifier(Modifier::BOLD);
    lines.line(&format!("{name}: {}", states(counts)), style);
}

/// Returns the number of targets in each state that occurs.
pub fn states(counts: Counted) -> String {
    let counts = STATES.map(|state| (counts.get(state), state));
    let counts = counts.iter().filter(|(count, _)| *count > 0);
    let counts: Vec<String> = counts
        .map(|(count, state)| format!("{count} {}", state.as_str()))
        .collect();
    counts.join(" · ")
}
