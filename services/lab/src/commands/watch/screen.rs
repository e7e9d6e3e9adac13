//! Draws the view: verdict, counts, open incidents, the list of targets, and the keys. It handles the keys, too.

mod lines;
mod table;

use gateway_api::incidents::{Incident, IncidentState};
use gateway_api::status::{Counted, State};
use jiff::Timestamp;
use ratatui::Frame;
use ratatui::crossterm::event::{Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use ratatui::style::{Color, Modifier, Style};

use self::lines::{Lines, colour};
use self::table::Table;
use super::rows::{Row, rows};
use super::verdict::{Overall, Verdict, judge};
use super::view::{Shown, View};
use crate::terminal::words::{self, plain, span};

/// The largest number of lines with sentences about parts that do not work.
const NOTICE_LINES: usize = 4;

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
        let age = view.age(now);
        let age = age.map_or_else(String::new, |age| format!("updated {} ago ", span(age)));
        let has_age = headline(&mut lines, &verdict, &age);
        for notice in notice_lines(&verdict, usize::from(lines.area.width)) {
            lines.line(&notice, Style::new().fg(Color::Yellow));
        }
        let counts: Counted = all.iter().map(|it| it.state).collect();
        let counts = table::states(counts);
        // A narrow screen has no room for the age beside the headline.
        let counts_end = if has_age { "" } else { &age };
        let has_age = lines.line_with_end(&counts, counts_end, Style::new()) || has_age;
        if !has_age && !age.is_empty() {
            lines.line(&age, Style::new());
        }
        incidents(&mut lines, &view.incidents(now), now);
        lines.line("", Style::new());
        let table = Table::new(lines.area.width, view.outage(now).is_none(), now);
        table.header(&mut lines);

        // The last line has the keys.
        self.page = usize::from(lines.left().saturating_sub(1));
        self.top = self.top.min(rows.len().saturating_sub(self.page));
        for row in rows.iter().skip(self.top).take(self.page) {
            match row {
                Row::Group {
                    name,
                    worst,
                    counts,
                } => table::group(&mut lines, *name, *worst, *counts),
                Row::Target(shown) => table.target(&mut lines, shown),
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

/// Draws the verdict as a coloured bar, with the age of the data if there is room; returns whether there is.
fn headline(lines: &mut Lines<'_>, verdict: &Verdict, age: &str) -> bool {
    let state = match verdict.overall {
        Overall::Up => State::Up,
        Overall::Down => State::Down,
        Overall::Maintenance => State::Maintenance,
        Overall::Unknown => State::Unknown,
    };
    let style = colour(state).add_modifier(Modifier::REVERSED | Modifier::BOLD);
    lines.bar(style);
    lines.line_with_end(&format!(" {}", verdict.headline), age, style)
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

#[cfg(test)]
mod tests;
