//! The lines of the screen, drawn from the top.

use gateway_api::status::State;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Style};

use crate::terminal::words::fit;

/// A cursor that moves down line by line, and never leaves the screen.
pub struct Lines<'a> {
    /// The whole screen.
    pub area: Rect,
    y: u16,
    buffer: &'a mut Buffer,
}

impl<'a> Lines<'a> {
    /// Returns the lines of `area`, at the first one.
    pub fn new(area: Rect, buffer: &'a mut Buffer) -> Self {
        Self {
            area,
            y: area.y,
            buffer,
        }
    }

    /// Returns the number of lines that are left.
    pub fn left(&self) -> u16 {
        self.area.bottom().saturating_sub(self.y)
    }

    /// Moves to the last line.
    pub fn skip_to_last(&mut self) {
        self.y = self.y.max(self.area.bottom().saturating_sub(1));
    }

    /// Draws a text in the current line, `width` columns wide from the column `x`.
    pub fn text(&mut self, x: u16, width: u16, text: &str, style: Style) {
        let width = width.min(self.area.width.saturating_sub(x));
        if self.left() > 0 && width > 0 {
            let text = fit(text, usize::from(width));
            self.buffer
                .set_stringn(self.area.x + x, self.y, text, usize::from(width), style);
        }
    }

    /// Moves to the next line.
    pub fn end(&mut self) {
        self.y = self.y.saturating_add(1);
    }

    /// Sets the style of the whole current line.
    pub fn bar(&mut self, style: Style) {
        if self.left() > 0 {
            let line = Rect {
                y: self.y,
                height: 1,
                ..self.area
            };
            self.buffer.set_style(line, style);
        }
    }

    /// Draws a whole line.
    pub fn line(&mut self, text: &str, style: Style) {
        self.text(0, self.area.width, text, style);
        self.end();
    }

    /// Draws a line with a second text at its right end, if there is room for both; returns whether there is.
    pub fn line_with_end(&mut self, text: &str, end: &str, style: Style) -> bool {
        let width =
            |text: &str| u16::try_from(console::measure_text_width(text)).unwrap_or(u16::MAX);
        let at = self.area.width.saturating_sub(width(end));
        let has_room = width(text).saturating_add(2) <= at;
        if has_room {
            self.text(at, width(end), end, style);
        }
        self.line(text, style);
        has_room
    }
}

/// Returns the colour of a state.
pub fn colour(state: State) -> Style {
    Style::new().fg(match state {
        State::Up => Color::Green,
        State::Down => Color::Red,
        State::Maintenance => Color::Blue,
        State::Unknown => Color::Yellow,
    })
}
