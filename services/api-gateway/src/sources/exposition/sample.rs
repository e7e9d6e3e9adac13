//! A parser of one line.

use std::borrow::Cow;

use super::cursor::Cursor;
use super::{Labels, Reason};

/// One sample. A timestamp or an exemplar must be valid, but is ignored: the gateway needs only the current value.
#[derive(Debug, Clone)]
pub struct Sample<'a> {
    /// The metric's name, including a suffix such as `_bucket`, `_sum`, `_count` or `_total`.
    pub name: Cow<'a, str>,
    /// The labels, without the metric's name.
    pub labels: Labels<'a>,
    /// The value: any float, including NaN and infinities.
    pub value: f64,
}

impl<'a> Sample<'a> {
    /// Returns the value of the first label with this name.
    #[must_use]
    pub fn label(&self, name: &str) -> Option<Cow<'a, str>> {
        let mut labels = self.labels;
        labels.find_map(|(label, value)| (label == name).then_some(value))
    }
}

/// Parses a line without its line feed; returns `None` for a comment or an empty line.
pub(super) fn parse(line: &[u8]) -> Result<Option<Sample<'_>>, Reason> {
    let line = std::str::from_utf8(line).map_err(|_| Reason::NotUtf8)?;
    let mut line = Cursor::new(line.strip_suffix('\r').unwrap_or(line));
    line.skip_blanks();
    if line.rest.is_empty() || line.rest.starts_with('#') {
        return Ok(None);
    }
    let name = line.read_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b':'));
    if name.starts_with(|first: char| first.is_ascii_digit()) {
        return Err(Reason::NoName);
    }
    line.skip_blanks();
    let (labels, quoted) = if line.eat('{') {
        Labels::parse(&mut line)?
    } else {
        (Labels::NONE, None)
    };
    let name = match (name, quoted) {
        ("", None) => return Err(Reason::NoName),
        ("", Some(quoted)) => quoted,
        (_, Some(_)) => return Err(Reason::TwoNames),
        (name, None) => Cow::Borrowed(name),
    };
    line.skip_blanks();
    let value = line.number().ok_or(Reason::Value)?;
    tail(&mut line)?;
    Ok(Some(Sample {
        name,
        labels,
        value,
    }))
}

/// Parses the optional text after the value: a timestamp (milliseconds in 0.0.4, seconds in OpenMetrics) and an exemplar.
fn tail(line: &mut Cursor<'_>) -> Result<(), Reason> {
    timestamp(line)?;
    if line.eat('#') {
        line.skip_blanks();
        if !line.eat('{') {
            return Err(Reason::Exemplar);
        }
        if Labels::parse(line)?.1.is_some() {
            return Err(Reason::Exemplar);
        }
        line.skip_blanks();
        line.number().ok_or(Reason::Exemplar)?;
        timestamp(line)?;
    }
    line.rest.is_empty().then_some(()).ok_or(Reason::Trailing)
}

fn timestamp(line: &mut Cursor<'_>) -> Result<(), Reason> {
    line.skip_blanks();
    if !(line.rest.is_empty() || line.rest.starts_with('#')) {
        line.number()
            .filter(|time| time.is_finite())
            .ok_or(Reason::Timestamp)?;
        line.skip_blanks();
    }
    Ok(())
}
