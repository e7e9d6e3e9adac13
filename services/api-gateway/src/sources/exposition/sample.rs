//! One line.

use std::borrow::Cow;

use super::cursor::Cursor;
use super::{Labels, Reason};

/// One sample. A timestamp or an exemplar on its line must be well formed and is then left out: the gateway needs the
/// current value only.
#[derive(Debug, Clone)]
pub struct Sample<'a> {
    /// The metric's name, `_bucket`, `_sum`, `_count` and `_total` included.
    pub name: Cow<'a, str>,
    /// Its labels, the name not among them.
    pub labels: Labels<'a>,
    /// Any float, NaN and infinities included.
    pub value: f64,
}

impl<'a> Sample<'a> {
    /// Returns the value of the first label of this name.
    #[must_use]
    pub fn label(&self, name: &str) -> Option<Cow<'a, str>> {
        let mut labels = self.labels;
        labels.find_map(|(label, value)| (label == name).then_some(value))
    }
}

/// Parses a line without its line feed; `None` is a comment or an empty line.
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

/// Reads the optional text behind the value: a timestamp (milliseconds in 0.0.4, seconds in OpenMetrics), an exemplar, both.
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
