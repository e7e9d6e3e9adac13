//! The labels of one sample.

use std::borrow::Cow;

use super::Reason;
use super::cursor::Cursor;

/// An iterator over the labels of one sample, in the order of its line: names and unescaped values.
#[derive(Debug, Clone, Copy)]
pub struct Labels<'a> {
    /// The text between the braces, validated by [`Labels::parse`].
    inside: Cursor<'a>,
}

/// An item between two commas.
enum Item<'a> {
    Label(Cow<'a, str>, Cow<'a, str>),
    MetricName(Cow<'a, str>),
}

impl<'a> Labels<'a> {
    pub(super) const NONE: Self = Self {
        inside: Cursor { rest: "" },
    };

    /// Parses labels after the opening brace, up to and including the closing one. Also returns the metric's name if it
    /// is between the braces.
    pub(super) fn parse(line: &mut Cursor<'a>) -> Result<(Self, Option<Cow<'a, str>>), Reason> {
        let inside = *line;
        let mut name = None;
        loop {
            line.skip_blanks();
            if line.eat('}') {
                return Ok((Self { inside }, name));
            }
            match item(line)? {
                Item::Label(..) => {}
                Item::MetricName(_) if name.is_some() => return Err(Reason::TwoNames),
                Item::MetricName(quoted) => name = Some(quoted),
            }
            line.skip_blanks();
            if !line.eat(',') && !line.rest.starts_with('}') {
                return Err(Reason::Braces);
            }
        }
    }
}

impl<'a> Iterator for Labels<'a> {
    type Item = (Cow<'a, str>, Cow<'a, str>);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            self.inside.skip_blanks();
            if self.inside.rest.is_empty() || self.inside.rest.starts_with('}') {
                return None;
            }
            let item = item(&mut self.inside).ok()?;
            self.inside.skip_blanks();
            self.inside.eat(',');
            if let Item::Label(name, value) = item {
                return Some((name, value));
            }
        }
    }
}

/// Parses `name="value"`, `"name"="value"`, or the metric's `"name"`.
fn item<'a>(line: &mut Cursor<'a>) -> Result<Item<'a>, Reason> {
    let name = if line.eat('"') {
        let quoted = unescape(line.until_quote()?);
        line.skip_blanks();
        if !line.rest.starts_with('=') {
            return Ok(Item::MetricName(quoted));
        }
        quoted
    } else {
        let name = line.read_while(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        if name.is_empty() || name.starts_with(|first: char| first.is_ascii_digit()) {
            return Err(if line.rest.is_empty() {
                Reason::Braces
            } else {
                Reason::Label
            });
        }
        line.skip_blanks();
        Cow::Borrowed(name)
    };
    if !line.eat('=') {
        return Err(Reason::Label);
    }
    line.skip_blanks();
    if !line.eat('"') {
        return Err(Reason::Label);
    }
    Ok(Item::Label(name, unescape(line.until_quote()?)))
}

/// Resolves `\\`, `\"` and `\n`. Keeps any other backslash, like Prometheus.
fn unescape(raw: &str) -> Cow<'_, str> {
    let Some((before, mut rest)) = raw.split_once('\\') else {
        return Cow::Borrowed(raw);
    };
    let mut text = String::with_capacity(raw.len());
    text.push_str(before);
    loop {
        let mut escaped = rest.chars();
        match escaped.next() {
            Some('n') => text.push('\n'),
            Some(literal @ ('\\' | '"')) => text.push(literal),
            Some(other) => text.extend(['\\', other]),
            None => text.push('\\'),
        }
        match escaped.as_str().split_once('\\') {
            Some((before, after)) => {
                text.push_str(before);
                rest = after;
            }
            None => {
                text.push_str(escaped.as_str());
                return Cow::Owned(text);
            }
        }
    }
}
