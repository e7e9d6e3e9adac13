//! Draws the view: verdict, counts, open incidents, the list of targets, and the keys. It handles the keys, too.

use gateway_api::incidents::{Incident, IncidentState};
use gateway_api::status::{Counted, State};
use jiff::Timestamp;
use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::crossterm::event::{Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};

use super::rows::{Row, rows};
use super::verdict::{Overall, Verdict, judge};
use super::view::{Shown, View};
use crate::terminal::words::{self, STATES, fit, latency, plain, span, span_since};

/// The largest number of lines with sentences about parts that do not work.
const NOTICE_LINES: usize = 4;

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

/// What to do after an event of keyboard or window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Nothing.
    Continue,
    /// Draw the view again.
    Redraw,
    /// End the view.
    Quit,
}

/// The part of the list that is shown.
#[derive(Debug, Default)]
pub struct Screen {
    /// The number of lines of the list above the first one that is shown.
    top: usize,
    /// The number of lines of the list that were shown at the last draw.
    page: usize,
    /// The text that name, URL or group of the shown targets contain.
    filter: String,
    /// Whether keys edit the filter.
    is_typing: bool,
}

impl Screen {
    /// Handles an event of keyboard or window.
    pub fn handle(&mut self, event: &Event) -> Next {
        match event {
            Event::Key(key) if key.kind != KeyEventKind::Release => self.press(*key),
            Event::Resize(..) => Next::Redraw,
            _ => Next::Continue,
        }
    }

    fn press(&mut self, key: KeyEvent) -> Next {
        if key.modifiers.contains(KeyModifiers::CONTROL) {
            return match key.code {
                KeyCode::Char('c') => Next::Quit,
                _ => Next::Continue,
            };
        }
        match key.code {
            KeyCode::Up => self.top = self.top.saturating_sub(1),
            KeyCode::Down => self.top = self.top.saturating_add(1),
            KeyCode::PageUp => self.top = self.top.saturating_sub(self.page),
            KeyCode::PageDown => self.top = self.top.saturating_add(self.page),
            KeyCode::Home => self.top = 0,
            KeyCode::End => self.top = usize::MAX,
            KeyCode::Esc => {
                self.is_typing = false;
                self.filter.clear();
            }
            KeyCode::Enter => self.is_typing = false,
            KeyCode::Backspace if self.is_typing => {
                self.filter.pop();
            }
            KeyCode::Char(char) if self.is_typing => self.filter.push(char),
            KeyCode::Char('/') => self.is_typing = true,
            KeyCode::Char('q') => return Next::Quit,
            _ => return Next::Continue,
        }
        Next::Redraw
    }

    /// Draws the view.
    pub fn draw(&mut self, frame: &mut Frame<'_>, view: &View, now: Timestamp) {
        let all = view.targets(now);
        let verdict = judge(view, &all, now);
        let shown: Vec<Shown<'_>> = all
            .iter()
            .copied()
            .filter(|it| it.target.matches(&self.filter, None))
            .collect();
        let rows = rows(&shown);
        let mut lines = Lines::new(frame.area(), frame.buffer_mut());
        headline(&mut lines, &verdict, view.age(now));
        for notice in notice_lines(&verdict, usize::from(lines.area.width)) {
            lines.line(&notice, Style::new().fg(Color::Yellow));
        }
        lines.line(&counts(&all), Style::new());
        incidents(&mut lines, &view.incidents(now), now);
        lines.line("", Style::new());
        let columns = columns(lines.area.width);
        header(&mut lines, &columns);

        // The last line has the keys.
        self.page = usize::from(lines.left().saturating_sub(1));
        self.top = self.top.min(rows.len().saturating_sub(self.page));
        let is_current = view.outage(now).is_none();
        for row in rows.iter().skip(self.top).take(self.page) {
            match row {
                Row::Group {
                    name,
                    worst,
                    counts,
                } => group(&mut lines, *name, *worst, *counts),
                Row::Target(shown) => target(&mut lines, shown, &columns, is_current, now),
            }
        }
        self.footer(&mut lines, rows.len());
    }

    fn footer(&self, lines: &mut Lines<'_>, rows: usize) {
        let dim = Style::new().add_modifier(Modifier::DIM);
        let keys = if self.is_typing || !self.filter.is_empty() {
            let cursor = if self.is_typing { "▏" } else { "" };
            format!("/{}{cursor}  Esc shows all", plain(&self.filter))
        } else {
            "q quit  ↑↓ PgUp PgDn scroll  / filter".to_owned()
        };
        lines.skip_to_last();
        let last = (self.top + self.page).min(rows);
        let place = match rows > self.page {
            true => format!("{}-{last} of {rows}", self.top + 1),
            false => String::new(),
        };
        lines.line_with_end(&keys, &place, dim);
    }
}

/// A cursor that moves down line by line, and never leaves the screen.
struct Lines<'a> {
    area: Rect,
    y: u16,
    buffer: &'a mut Buffer,
}

impl<'a> Lines<'a> {
    fn new(area: Rect, buffer: &'a mut Buffer) -> Self {
        Self {
            area,
            y: area.y,
            buffer,
        }
    }

    /// Returns the number of lines that are left.
    fn left(&self) -> u16 {
        self.area.bottom().saturating_sub(self.y)
    }

    fn skip_to_last(&mut self) {
        self.y = self.y.max(self.area.bottom().saturating_sub(1));
    }

    /// Draws a text in the current line, `width` columns wide from the column `x`.
    fn text(&mut self, x: u16, width: u16, text: &str, style: Style) {
        let width = width.min(self.area.width.saturating_sub(x));
        if self.left() > 0 && width > 0 {
            let text = fit(text, usize::from(width));
            self.buffer
                .set_stringn(self.area.x + x, self.y, text, usize::from(width), style);
        }
    }

    fn end(&mut self) {
        self.y = self.y.saturating_add(1);
    }

    /// Draws a whole line.
    fn line(&mut self, text: &str, style: Style) {
        self.text(0, self.area.width, text, style);
        self.end();
    }

    /// Draws a line with a second text at its right end, if there is room for both.
    fn line_with_end(&mut self, text: &str, end: &str, style: Style) {
        let width =
            |text: &str| u16::try_from(console::measure_text_width(text)).unwrap_or(u16::MAX);
        let at = self.area.width.saturating_sub(width(end));
        let has_room = width(text).saturating_add(2) <= at;
        if has_room {
            self.text(at, width(end), end, style);
        }
        self.line(text, style);
    }
}

fn colour(state: State) -> Style {
    Style::new().fg(match state {
        State::Up => Color::Green,
        State::Down => Color::Red,
        State::Maintenance => Color::Blue,
        State::Unknown => Color::Yellow,
    })
}

/// Draws the verdict as a coloured bar, with the age of the data.
fn headline(lines: &mut Lines<'_>, verdict: &Verdict, age: Option<i64>) {
    let state = match verdict.overall {
        Overall::Up => State::Up,
        Overall::Down => State::Down,
        Overall::Maintenance => State::Maintenance,
        Overall::Unknown => State::Unknown,
    };
    let style = colour(state).add_modifier(Modifier::REVERSED | Modifier::BOLD);
    if lines.left() > 0 {
        let bar = Rect {
            y: lines.y,
            height: 1,
            ..lines.area
        };
        lines.buffer.set_style(bar, style);
    }
    let age = age.map(|age| format!("updated {} ago ", span(age)));
    let headline = format!(" {}", verdict.headline);
    lines.line_with_end(&headline, &age.unwrap_or_default(), style);
}

fn notice_lines(verdict: &Verdict, width: usize) -> Vec<String> {
    let text = words::wrap(&verdict.notices.join("\n"), width);
    text.lines().take(NOTICE_LINES).map(str::to_owned).collect()
}

/// Draws the open incidents in at most a quarter of the screen.
fn incidents(lines: &mut Lines<'_>, open: &[&Incident], now: Timestamp) {
    let most = usize::from(lines.area.height / 4).max(1);
    let shown = if open.len() > most {
        most.saturating_sub(1)
    } else {
        most
    };
    for incident in open.iter().take(shown) {
        let state = match incident.state {
            IncidentState::Ongoing => State::Down,
            _ => State::Unknown,
        };
        lines.line(&words::incident(incident, now), colour(state));
    }
    if open.len() > shown {
        let rest = format!("… and {} more open incidents", open.len() - shown);
        lines.line(&rest, Style::new());
    }
}

/// Returns the number of targets in each state that occurs.
fn counts(shown: &[Shown<'_>]) -> String {
    let counts: Counted = shown.iter().map(|it| it.state).collect();
    states(counts)
}

fn states(counts: Counted) -> String {
    let counts = STATES.map(|state| (counts.get(state), state));
    let counts = counts.iter().filter(|(count, _)| *count > 0);
    let counts: Vec<String> = counts
        .map(|(count, state)| format!("{count} {}", state.as_str()))
        .collect();
    counts.join(" · ")
}

/// Returns the columns for which there is room, each with its place and width; the name gets the rest.
fn columns(width: u16) -> Vec<(Column, u16, u16)> {
    let mut rest = width.saturating_sub(NAME_MIN);
    let mut chosen = Vec::new();
    for (column, width) in COLUMNS {
        if width > rest {
            break;
        }
        rest -= width;
        chosen.push((column, width));
    }
    let mut at = NAME_MIN + rest;
    if chosen.is_empty() {
        at = width;
    }
    let place = |(column, width)| {
        let place = (column, at, width);
        at += width;
        place
    };
    chosen.into_iter().map(place).collect()
}

fn name_width(lines: &Lines<'_>, columns: &[(Column, u16, u16)]) -> u16 {
    columns.first().map_or(lines.area.width, |(_, at, _)| *at)
}

fn header(lines: &mut Lines<'_>, columns: &[(Column, u16, u16)]) {
    let style = Style::new().add_modifier(Modifier::BOLD);
    lines.text(0, name_width(lines, columns), "TARGET", style);
    for (column, at, width) in columns {
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

fn group(lines: &mut Lines<'_>, name: Option<&str>, worst: State, counts: Counted) {
    let name = name.map_or_else(|| "Without a group".to_owned(), plain);
    let style = Style::new().add_modifier(Modifier::BOLD);
    lines.text(
        0,
        lines.area.width,
        &format!("{name}: {}", states(counts)),
        style.patch(colour(worst)),
    );
    lines.end();
}

fn target(
    lines: &mut Lines<'_>,
    shown: &Shown<'_>,
    columns: &[(Column, u16, u16)],
    is_current: bool,
    now: Timestamp,
) {
    let target = shown.target;
    let name_width = name_width(lines, columns).saturating_sub(1);
    lines.text(0, name_width, &plain(&target.target), Style::new());
    for (column, at, width) in columns {
        let (text, style) = match column {
            Column::State => (shown.state.as_str().to_owned(), colour(shown.state)),
            Column::Time => {
                // The time of a state that is not known any more says nothing.
                let since = target.since.filter(|_| is_current);
                let time = since.map(|since| span_since(since, now));
                (time.unwrap_or_default(), Style::new())
            }
            Column::Reason => {
                let reason = match shown.was {
                    Some(was) => format!("was {}", was.as_str()),
                    None => words::reason(target),
                };
                (reason, Style::new())
            }
            Column::Availability => {
                let figure = target.figures.availability.as_deref();
                let text = figure.filter(|_| is_current).map(plain);
                (text.unwrap_or_default(), Style::new())
            }
            Column::Latency => {
                let seconds = target.latency_seconds.filter(|_| is_current);
                (seconds.map(latency).unwrap_or_default(), Style::new())
            }
        };
        lines.text(*at, width.saturating_sub(1), &text, style);
    }
    lines.end();
}

#[cfg(test)]
mod tests;
