//! Search for passwords in a parsed `targets.toml`, so quoted and dotted keys, escapes and inline tables don't hide one.

use toml::de::{DeTable, DeValue};

use crate::{
    fields::{LineIndex, join},
    redact::{escaped, redact},
};

/// Returns the location of the first string in the table that contains a URL with a password. `path` is the table's name
/// in messages, empty for the document itself.
pub(crate) fn first(path: &str, table: &DeTable<'_>, lines: &LineIndex) -> Option<String> {
    table.iter().find_map(|(key, value)| {
        let path = join(path, &escaped(key.get_ref()));
        let location = || format!("{path} (line {})", lines.number(value.span().start));
        in_value(&path, value.get_ref(), lines, &location)
    })
}

fn in_value(
    path: &str,
    value: &DeValue<'_>,
    lines: &LineIndex,
    location: &dyn Fn() -> String,
) -> Option<String> {
    match value {
        DeValue::String(text) => (redact(text) != *text).then(location),
        DeValue::Table(table) => first(path, table, lines),
        DeValue::Array(items) => items.iter().enumerate().find_map(|(index, item)| {
            in_value(&format!("{path}[{index}]"), item.get_ref(), lines, location)
        }),
        _ => None,
    }
}
