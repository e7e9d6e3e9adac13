//! Typed access to the keys of a TOML table. Every error names the key, its line and its value.

use toml::{
    Spanned,
    de::{DeArray, DeTable, DeValue},
    value::Datetime,
};

use crate::{
    error::{Invalid, TargetsError},
    redact::{escaped, quoted},
};

/// Maximum number of items of a rejected list in a message.
const SHOWN_ITEMS: usize = 10;

/// The byte offsets at which the lines of a text end.
pub(crate) struct LineIndex(Vec<usize>);

impl LineIndex {
    pub(crate) fn new(text: &str) -> Self {
        Self(text.match_indices('\n').map(|(at, _)| at).collect())
    }

    /// Returns the line of the byte at `offset`, counted from 1.
    pub(crate) fn number(&self, offset: usize) -> usize {
        self.0.partition_point(|&end| end < offset) + 1
    }
}

/// A table in which every key is allowed.
pub(crate) struct Fields<'a> {
    path: &'a str,
    table: &'a DeTable<'a>,
    lines: &'a LineIndex,
}

impl<'a> Fields<'a> {
    /// Checks that the table has only `allowed` keys. `path` is its name in messages, empty for the document itself.
    pub(crate) fn new(
        path: &'a str,
        table: &'a DeTable<'a>,
        lines: &'a LineIndex,
        allowed: &[&str],
    ) -> Result<Self, TargetsError> {
        match table
            .keys()
            .find(|key| !allowed.contains(&key.get_ref().as_ref()))
        {
            None => Ok(Self { path, table, lines }),
            Some(unknown) => {
                let line = lines.number(unknown.span().start);
                let key = format!("{} (line {line})", join(path, &escaped(unknown.get_ref())));
                Err(TargetsError::UnknownKey {
                    key,
                    allowed: allowed.join(", "),
                })
            }
        }
    }

    /// Returns the field with this key.
    pub(crate) fn get(&self, name: &'static str) -> Option<Field<'a>> {
        self.table.get(name).map(|value| Field {
            path: self.path,
            name,
            value,
            lines: self.lines,
        })
    }
}

/// A key of a table with its value.
pub(crate) struct Field<'a> {
    path: &'a str,
    name: &'static str,
    value: &'a Spanned<DeValue<'a>>,
    lines: &'a LineIndex,
}

impl<'a> Field<'a> {
    /// Returns the field's name in messages.
    pub(crate) fn path(&self) -> String {
        join(self.path, self.name)
    }

    pub(crate) fn string(&self) -> Result<&'a str, TargetsError> {
        self.value
            .get_ref()
            .as_str()
            .ok_or_else(|| self.wrong_type("a text in quotes"))
    }

    /// Returns an integer or a float. An integer beyond 64 bits becomes infinite, and so is out of every range.
    pub(crate) fn number(&self) -> Result<f64, TargetsError> {
        match self.value.get_ref() {
            DeValue::Integer(integer) => Ok(i64::from_str_radix(integer.as_str(), integer.radix())
                .map_or(f64::INFINITY, |number| number as f64)),
            DeValue::Float(float) => float
                .as_str()
                .parse()
                .map_err(|_| self.wrong_type("a number")),
            _ => Err(self.wrong_type("a number")),
        }
    }

    pub(crate) fn list(&self, allowed: &str) -> Result<&'a DeArray<'a>, TargetsError> {
        self.value
            .get_ref()
            .as_array()
            .ok_or_else(|| self.wrong_type(allowed))
    }

    pub(crate) fn table(&self) -> Result<&'a DeTable<'a>, TargetsError> {
        self.value
            .get_ref()
            .as_table()
            .ok_or_else(|| self.wrong_type("a table"))
    }

    /// Returns a date, a time of day, or both.
    pub(crate) fn datetime(&self, allowed: &str) -> Result<Datetime, TargetsError> {
        match self.value.get_ref() {
            DeValue::Datetime(datetime) => Ok(*datetime),
            _ => Err(self.wrong_type(allowed)),
        }
    }

    /// Returns an error that shows this field's value as it is in the file.
    pub(crate) fn reject(
        &self,
        problem: impl Into<String>,
        allowed: impl Into<String>,
    ) -> TargetsError {
        self.reject_item(self.value.get_ref(), problem, allowed)
    }

    /// Returns an error about one item of this field's list.
    pub(crate) fn reject_item(
        &self,
        item: &DeValue<'_>,
        problem: impl Into<String>,
        allowed: impl Into<String>,
    ) -> TargetsError {
        let line = self.lines.number(self.value.span().start);
        Invalid::new(shown(item), problem, allowed).at(format!("{} (line {line})", self.path()))
    }

    /// Returns the error for a problem that was found by a check that does not know the file.
    pub(crate) fn reject_as(
        &self,
        Invalid {
            problem, allowed, ..
        }: Invalid,
    ) -> TargetsError {
        self.reject(problem, allowed)
    }

    fn wrong_type(&self, allowed: &str) -> TargetsError {
        self.reject(
            format!("of type {}", self.value.get_ref().type_str()),
            allowed,
        )
    }
}

/// Returns the name in messages of a key of the table at `path`.
pub(crate) fn join(path: &str, name: &str) -> String {
    if path.is_empty() {
        name.to_owned()
    } else {
        format!("{path}.{name}")
    }
}

/// Formats a value for a message.
pub(crate) fn shown(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) => quoted(text),
        DeValue::Integer(integer) => integer.to_string(),
        DeValue::Float(float) => float.to_string(),
        DeValue::Boolean(boolean) => boolean.to_string(),
        DeValue::Datetime(datetime) => datetime.to_string(),
        DeValue::Array(items) => {
            let mut items_shown: Vec<String> = items
                .iter()
                .take(SHOWN_ITEMS)
                .map(|item| shown(item.get_ref()))
                .collect();
            if items.len() > SHOWN_ITEMS {
                items_shown.push("…".to_owned());
            }
            format!("[{}]", items_shown.join(", "))
        }
        DeValue::Table(_) => "{…}".to_owned(),
    }
}
