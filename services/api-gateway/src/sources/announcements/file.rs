//! Parser of an announcement: TOML front matter between two lines `+++`, then Markdown whose first heading is the title.

use std::sync::Arc;

use gateway_api::PAGE_MAX;
use gateway_api::announcements::AnnouncementSeverity;
use jiff::Timestamp;
use pulldown_cmark::{Event, Parser, Tag, TagEnd};
use toml::{Table, Value};

use super::error::AnnouncementError;
use crate::markdown::to_html_without_ids;

/// The line before and after the front matter.
const FENCE: &str = "+++";

const KEYS: [&str; 4] = ["from", "until", "severity", "targets"];

const TIME: &str = "a date-time with an offset, such as 2026-11-28T12:00:00Z";
const SEVERITIES: &str = "info, warning, critical";
const TARGETS: &str =
    "a list of 1 to 1,000 names of targets; without the key, the announcement is about all targets";
const TITLE: &str = "a heading of 1 to 200 characters";

/// The longest title, in characters.
const TITLE_MAX_CHARS: usize = 200;

/// The longest HTML of an announcement, in bytes. 100 of them are less than half of the longest response that dashboard-ui reads.
const HTML_MAX_BYTES: usize = 128 << 10;

/// The longest value in a message, in characters.
const SHOWN_CHARS: usize = 100;

/// The content of an announcement's file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    /// The first heading, as text.
    pub title: Arc<str>,
    /// `severity`
    pub severity: AnnouncementSeverity,
    /// `from`
    pub from: Timestamp,
    /// `until`
    pub until: Option<Timestamp>,
    /// `targets`: empty for all.
    pub targets: Vec<Arc<str>>,
    /// The text without the title.
    pub html: Arc<str>,
}

/// Parses the text of a file.
///
/// # Errors
/// The front matter or the title is missing, or a value is not allowed.
pub fn parse(text: &str) -> Result<Content, AnnouncementError> {
    let (front_matter, markdown) = split(text).ok_or(AnnouncementError::NoFrontMatter)?;
    let table = table(front_matter)?;
    let from = time(&table, "from")?.ok_or(AnnouncementError::Missing {
        key: "from",
        required: TIME,
    })?;
    let until = time(&table, "until")?;
    if until.is_some_and(|until| until <= from) {
        let allowed = "a time after from; without the key, the end is not known";
        return Err(invalid(&table, "until", "not after from", allowed));
    }
    let severity = severity(&table)?;
    let targets = targets(&table)?;
    let (title, markdown) = take_title(markdown).ok_or(AnnouncementError::NoTitle)?;
    if title.is_empty() || title.chars().count() > TITLE_MAX_CHARS {
        return Err(AnnouncementError::Invalid {
            key: "title",
            value: cut(&format!("{title:?}")),
            problem: "empty or too long",
            allowed: TITLE,
        });
    }
    let html = to_html_without_ids(&markdown);
    if html.len() > HTML_MAX_BYTES {
        return Err(AnnouncementError::LongHtml {
            bytes: html.len(),
            max: HTML_MAX_BYTES,
        });
    }
    Ok(Content {
        title: title.into(),
        severity,
        from,
        until,
        targets,
        html: html.into(),
    })
}

/// Splits a text into the front matter and the Markdown after it.
fn split(text: &str) -> Option<(&str, &str)> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let (first, rest) = text.split_once('\n')?;
    if first.trim_end() != FENCE {
        return None;
    }
    let mut end = 0;
    for line in rest.split_inclusive('\n') {
        if line.trim_end() == FENCE {
            return Some((rest.get(..end)?, rest.get(end + line.len()..)?));
        }
        end += line.len();
    }
    None
}

fn table(front_matter: &str) -> Result<Table, AnnouncementError> {
    let allowed = || KEYS.join(", ");
    let table: Table = front_matter.parse().map_err(|error: toml::de::Error| {
        let start = error.span().map_or(0, |span| span.start);
        let before = front_matter.get(..start).unwrap_or_default();
        AnnouncementError::Syntax {
            // The first line of the file is the fence.
            line: before.matches('\n').count() + 2,
            reason: error.message().to_owned(),
            allowed: allowed(),
        }
    })?;
    match table.keys().find(|key| !KEYS.contains(&key.as_str())) {
        Some(key) => Err(AnnouncementError::UnknownKey {
            key: cut(&format!("{key:?}")),
            allowed: allowed(),
        }),
        None => Ok(table),
    }
}

/// Returns a date-time, with or without quotes.
fn time(table: &Table, key: &'static str) -> Result<Option<Timestamp>, AnnouncementError> {
    let time = match table.get(key) {
        None => return Ok(None),
        Some(Value::Datetime(time)) => time.to_string().parse().ok(),
        Some(Value::String(time)) => time.parse().ok(),
        Some(_) => None,
    };
    let time = time.ok_or_else(|| invalid(table, key, "not a time", TIME))?;
    Ok(Some(time))
}

fn severity(table: &Table) -> Result<AnnouncementSeverity, AnnouncementError> {
    let value = table.get("severity").ok_or(AnnouncementError::Missing {
        key: "severity",
        required: SEVERITIES,
    })?;
    AnnouncementSeverity::ALL
        .into_iter()
        .find_map(|(name, severity)| (value.as_str() == Some(name)).then_some(severity))
        .ok_or_else(|| invalid(table, "severity", "unknown value", SEVERITIES))
}

fn targets(table: &Table) -> Result<Vec<Arc<str>>, AnnouncementError> {
    let Some(value) = table.get("targets") else {
        return Ok(vec![]);
    };
    let name = |value: &Value| {
        let name = value.as_str()?.trim();
        (!name.is_empty()).then(|| Arc::from(name))
    };
    let names = value
        .as_array()
        .filter(|names| (1..=PAGE_MAX).contains(&names.len()))
        .and_then(|names| names.iter().map(name).collect());
    names.ok_or_else(|| invalid(table, "targets", "not a list of names", TARGETS))
}

/// Returns the text of the first heading, and the Markdown without it.
fn take_title(markdown: &str) -> Option<(String, String)> {
    let mut events = Parser::new(markdown)
        .into_offset_iter()
        .skip_while(|(event, _)| !matches!(event, Event::Start(Tag::Heading { .. })));
    let (_, heading) = events.next()?;
    let mut title = String::new();
    for (event, _) in events {
        match event {
            Event::Text(text) | Event::Code(text) => title.push_str(&text),
            Event::SoftBreak | Event::HardBreak => title.push(' '),
            Event::End(TagEnd::Heading(_)) => break,
            _ => {}
        }
    }
    let before = markdown.get(..heading.start)?;
    let after = markdown.get(heading.end..)?;
    Some((title.trim().to_owned(), format!("{before}\n{after}")))
}

/// Returns the error for the value of a key.
fn invalid(
    table: &Table,
    key: &'static str,
    problem: &'static str,
    allowed: &'static str,
) -> AnnouncementError {
    AnnouncementError::Invalid {
        key,
        value: table.get(key).map(shown).unwrap_or_default(),
        problem,
        allowed,
    }
}

/// Formats a value for a message, in one line.
fn shown(value: &Value) -> String {
    let text = match value {
        Value::String(text) => format!("{text:?}"),
        Value::Array(values) => {
            let values = values.iter().take(SHOWN_CHARS).map(shown);
            format!("[{}]", values.collect::<Vec<_>>().join(", "))
        }
        Value::Table(_) => "{…}".to_owned(),
        other => other.to_string(),
    };
    cut(&text)
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(SHOWN_CHARS) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests;
