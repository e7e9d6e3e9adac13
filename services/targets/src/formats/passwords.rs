//! Passwords in a `targets.toml`, as TOML means it: quoted and dotted keys, escapes and inline tables count like any others.

use toml::de::{DeTable, DeValue};

use crate::{
    fields::{Lines, join},
    redact::{escaped, redact},
};

/// The place of the first text in the table that holds a URL with a password. `path` is how messages name the table; empty
/// for the document itself.
pub(crate) fn first(path: &str, table: &DeTable<'_>, lines: &Lines) -> Option<String> {
    table.iter().find_map(|(key, value)| {
        let path = join(path, &escaped(key.get_ref()));
        let place = || format!("{path} (line {})", lines.number(value.span().start));
        in_value(&path, value.get_ref(), lines, &place)
    })
}

fn in_value(
    path: &str,
    value: &DeValue<'_>,
    lines: &Lines,
    place: &dyn Fn() -> String,
) -> Option<String> {
    match value {
        DeValue::String(text) => (redact(text) != *text).then(place),
        DeValue::Table(table) => first(path, table, lines),
        DeValue::Array(items) => items.iter().enumerate().find_map(|(index, item)| {
            in_value(&format!("{path}[{index}]"), item.get_ref(), lines, place)
        }),
        _ => None,
    }
}
